/** Numbers and times in one language. Making an Intl formatter costs, so each is made once. */
export type Language = 'en' | 'de';
export const LANGUAGES: readonly Language[] = ['en', 'de'];

const LOCALES: Record<Language, string> = { en: 'en-GB', de: 'de-DE' };

export interface Formats {
  integer(value: number): string;
  decimal(value: number, digits: number): string;
  percent(share: number, digits?: number): string;
  bytes(value: number): string;
  time(at: number): string;
  clock(at: number): string;
  dateTime(at: number): string;
  ago(at: number, now: number): string;
  duration(seconds: number): string;
  list(words: readonly string[]): string;
}

const RELATIVE_STEPS: readonly [limitSeconds: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] =
  [
    [60, 'second', 1],
    [3600, 'minute', 60],
    [86_400, 'hour', 3600],
    [86_400 * 60, 'day', 86_400],
    [86_400 * 365 * 2, 'month', 86_400 * 30],
    [Number.POSITIVE_INFINITY, 'year', 86_400 * 365],
  ];

function create(language: Language): Formats {
  const locale = LOCALES[language];
  const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const decimals = [0, 1, 2, 3].map(
    (digits) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const percents = [0, 1, 2].map(
    (digits) =>
      new Intl.NumberFormat(locale, {
        style: 'percent',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  );
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });
  const unit = (name: string, digits: number) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    });
  const sizes = [unit('byte', 0), unit('kilobyte', 0), unit('megabyte', 1), unit('gigabyte', 1)];
  const spans = {
    second: unit('second', 0),
    minute: unit('minute', 0),
    hour: unit('hour', 1),
    day: unit('day', 1),
  };

  return {
    integer: (value) => integer.format(value),
    decimal: (value, digits) => (decimals[digits] ?? integer).format(value).replace('-', '−'),
    percent: (share, digits = 1) => (percents[digits] ?? integer).format(share),
    bytes: (value) => {
      const power = Math.min(sizes.length - 1, value < 1 ? 0 : Math.floor(Math.log(value) / Math.log(1024)));
      return sizes[power]?.format(value / 1024 ** power) ?? '';
    },
    time: (at) => time.format(at),
    clock: (at) => clock.format(at),
    dateTime: (at) => dateTime.format(at),
    ago: (at, now) => {
      const seconds = Math.max(0, (now - at) / 1000);
      const step = RELATIVE_STEPS.find(([limit]) => seconds < limit);
      if (step === undefined) return dateTime.format(at);
      const [, name, length] = step;
      return relative.format(-Math.floor(seconds / length), name);
    },
    duration: (seconds) => {
      if (seconds < 120) return spans.second.format(seconds);
      if (seconds < 7200) return spans.minute.format(seconds / 60);
      if (seconds < 172_800) return spans.hour.format(seconds / 3600);
      return spans.day.format(seconds / 86_400);
    },
    list: (words) => list.format(words),
  };
}

const made = new Map<Language, Formats>();

export function formatsFor(language: Language): Formats {
  const known = made.get(language);
  if (known) return known;
  const formats = create(language);
  made.set(language, formats);
  return formats;
}
