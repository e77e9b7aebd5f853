import { defineConfig } from 'vitest/config';

/** Only the suites that need a server start one, and all of them share it. */
const withServer = ['spec/harness/global-setup.ts'];

/** Suites that kill, stop and race on purpose meet moments that a busy machine stretches; a mistake fails each time. */
const retry = process.env['CI'] === undefined ? 0 : 2;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['spec/unit/**/*.test.ts'] } },
      { extends: true, test: { name: 'integration', include: ['spec/integration/**/*.test.ts'], globalSetup: withServer, retry } },
      { extends: true, test: { name: 'acceptance', include: ['spec/acceptance/**/*.test.ts'], globalSetup: withServer, retry } },
    ],
  },
});
