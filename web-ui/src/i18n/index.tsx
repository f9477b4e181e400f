import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { de } from './de';
import { type Catalogue, en } from './en';
import { type Formats, formatsFor, type Language } from './format';

export type { Catalogue } from './en';
export { en } from './en';
export { type Formats, formatsFor, LANGUAGES, type Language } from './format';

const CATALOGUES: Record<Language, Catalogue> = { en, de };
const STORAGE_KEY = 'tinyfleet-language';

export interface Texts {
  readonly language: Language;
  readonly t: Catalogue;
  readonly f: Formats;
  setLanguage(language: Language): void;
}

const TextContext = createContext<Texts | undefined>(undefined);

/** The inline script of index.html has already put the language on the document. */
function initialLanguage(): Language {
  return document.documentElement.lang === 'de' ? 'de' : 'en';
}

export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const texts = useMemo<Texts>(
    () => ({
      language,
      t: CATALOGUES[language],
      f: formatsFor(language),
      setLanguage: (chosen) => {
        try {
          localStorage.setItem(STORAGE_KEY, chosen);
        } catch {
          // Storage can be forbidden; then the choice lasts as long as the tab.
        }
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <TextContext.Provider value={texts}>{children}</TextContext.Provider>;
}

export function useTexts(): Texts {
  const texts = useContext(TextContext);
  if (texts === undefined) throw new Error('useTexts needs a TextProvider around it');
  return texts;
}
