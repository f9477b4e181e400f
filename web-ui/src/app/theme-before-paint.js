(() => {
  const root = document.documentElement;
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const theme = stored('tinyfleet-theme');
  const language = stored('tinyfleet-language') ?? navigator.language;
  root.dataset.mantineColorScheme =
    theme === 'light' || theme === 'dark' ? theme : prefersDark ? 'dark' : 'light';
  root.lang = language.startsWith('de') ? 'de' : 'en';
})();
