import { defineConfig } from 'vitest/config';

/** Only the suites that need a server start one, and all of them share it. */
const withServer = ['spec/harness/global-setup.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    // The suites that kill, stop and race on purpose meet moments that a busy machine stretches; a mistake fails each time.
    retry: process.env['CI'] === undefined ? 0 : 2,
    projects: [
      { extends: true, test: { name: 'unit', include: ['spec/unit/**/*.test.ts'] } },
      { extends: true, test: { name: 'integration', include: ['spec/integration/**/*.test.ts'], globalSetup: withServer } },
      { extends: true, test: { name: 'acceptance', include: ['spec/acceptance/**/*.test.ts'], globalSetup: withServer } },
    ],
  },
});
