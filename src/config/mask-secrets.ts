/** What follows `://user:`, to the end of the text or of the quotes. */
const urlCredentials = /(:\/\/(?:\$\{[^}\n]*\}|[^\s:/@'"`])*:)((?:\$\{[^}\n]*\}|[^'"`\n])+)/g;
/** `password: '…'`, misspelt or abbreviated ones too; a number is one that somebody forgot to quote. */
const passwordField = /(\b(?:p\w*w|pass|secret|token)\w*['"]?\s*:\s*)('[^'\n]*'|"[^"\n]*"|`[^`]*`|\d+)/gi;
/** `password=…` in a URL's parameters or in a libpq string. */
const passwordParameter = /(\bpassword\s*=\s*)([^\s'"`&]+)/gi;
const portAndPath = /^\d*(?:[/?\s]|$)/;

/**
 * Puts stars over the passwords of a text. A code frame shows whole lines of a configuration, and what stands in the line
 * of a mistake must not be seen. Line breaks and the number of characters stay, and with them every position.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(urlCredentials, (all: string, before: string, rest: string) => {
      const end = rest.lastIndexOf('@');
      if (end >= 0) return before + stars(rest.slice(0, end)) + rest.slice(end);
      return portAndPath.test(rest) ? all : before + stars(rest);
    })
    .replace(passwordField, (_, before: string, value: string) =>
      /^\d/.test(value) ? before + stars(value) : before + value.charAt(0) + stars(value.slice(1, -1)) + value.charAt(0),
    )
    .replace(passwordParameter, (_, before: string, value: string) => before + stars(value));
}

/** `${…}` in a template holds the name of a secret, not the secret. */
function stars(text: string): string {
  return text.replace(/\$\{[^}]*\}|[^\n]/gu, (part) => (part.startsWith('${') ? part : part.length === 1 ? '*' : '\u{1f512}'));
}
