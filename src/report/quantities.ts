/** Numbers as people read them. */

const thousands = /\B(?=(\d{3})+$)/g;

/** `1204` as `1,204`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(thousands, ',');
}

/** `1 row`, `1,204 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** Milliseconds as `12 ms`, `0.8 s`, `2 min 05 s` or `3 h 12 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  const tenths = Math.round(milliseconds / 100);
  return tenths < 600 ? `${(tenths / 10).toFixed(1)} s` : minutesAndMore(Math.round(milliseconds / 1000));
}

/** Like `duration`, in whole seconds: for a clock that ticks on the screen. */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : minutesAndMore(seconds);
}

/** A duration that is only guessed: `5 s`, `2 min`, `3 h 10 min`. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 57) return `${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const tens = Math.round(minutes / 10) * 10;
  return tens % 60 === 0 ? `${tens / 60} h` : `${Math.floor(tens / 60)} h ${tens % 60} min`;
}

/** Local time of day: `14:32`. */
export function timeOfDay(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

/** Local date and time: `2026-01-31 14:32:05`. */
export function dateAndTime(date: Date): string {
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  return `${day} ${timeOfDay(date)}:${twoDigits(date.getSeconds())}`;
}

function minutesAndMore(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${count(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
