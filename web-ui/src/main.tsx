document.getElementById('root');
