// SPDX-License-Identifier: Apache-2.0
import './mantine.css';
import './style.css';
import { createTheme, MantineProvider, type MantineColorsTuple } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { lazy, StrictMode, Suspense, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError, asked, queries, setCsrf, setProver, useApi, type Me } from './api';
import { Failed, Loading } from './basics';
import Enter from './pages/Enter';

/** What links for devices open, and how to trust this server: it is all the same who looks. */
const Anybodys =
  location.pathname === '/join'
    ? lazy(() => import('./pages/Join'))
    : location.pathname === '/trust'
      ? lazy(() => import('./pages/Trust'))
      : null;
const Proof = lazy(() => import('./proof'));
const Console = lazy(() => {
  // Asked for while the console itself is on its way.
  void queries.prefetchQuery(asked('/guideline'));
  // Employees have a page of their own, and would be refused.
  const me = queries.getQueryData<Me>(asked('/me').queryKey);
  if (location.pathname === '/' && me?.roles.some((role) => role !== 'teleworker'))
    void queries.prefetchQuery(asked('/home'));
  return import('./console');
});

// Ai, the indigo of work clothes.
const ai: MantineColorsTuple = [
  '#eaf3f9',
  '#d5e4ee',
  '#a9c8dd',
  '#7aabcc',
  '#5392bd',
  '#3a83b5',
  '#2b76a8',
  '#1f6394',
  '#1f4f73',
  '#153a57',
];
const theme = createTheme({
  primaryColor: 'ai',
  primaryShade: { light: 7, dark: 7 },
  colors: { ai },
  fontFamily:
    'system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", Meiryo, sans-serif',
  headings: { fontWeight: '650' },
  defaultRadius: 'sm',
  respectReducedMotion: true,
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
setNonce(nonce); // for the styles that a dialogue holds the page still with

/** The dialogue that asks for a proof, while something waits for it; several that need one wait for the same. */
function Prover({ me }: { me: Me }) {
  const [asked, setAsked] = useState<((shown: boolean) => void) | null>(null);
  useEffect(() => {
    let waiting: Promise<boolean> | null = null;
    setProver(() => {
      waiting ??= new Promise<boolean>((answer) => setAsked(() => answer)).finally(() => {
        waiting = null;
        setAsked(null);
      });
      return waiting;
    });
  }, []);
  return asked && <Suspense fallback={<Loading />}>{<Proof me={me} done={asked} />}</Suspense>;
}

function App() {
  const me = useApi('/me');
  // Known before any change is sent.
  setCsrf(me.data?.csrf ?? null);
  const out = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    // A session that ended shows at the first refusal, wherever that is.
    return queries.getQueryCache().subscribe((event) => {
      if (
        event.type === 'updated' &&
        event.action.type === 'error' &&
        event.query.queryKey[0] !== '/me' &&
        event.action.error instanceof ApiError &&
        event.action.error.status === 401
      )
        void queries.invalidateQueries({ queryKey: ['/me'] });
    });
  }, []);
  if (me.error && !me.data && !out) return <Failed error={me.error} again={() => void me.refetch()} />;
  if (!me.data && !out) return <Loading />;
  const inside = out ? undefined : me.data;
  return (
    <>
      {inside?.stage !== 'full' ? (
        <Enter me={inside} />
      ) : (
        <Suspense fallback={<Loading />}>
          <Console me={inside} />
        </Suspense>
      )}
      {inside && <Prover me={inside} />}
    </>
  );
}

// Who is there is usually known before anything is drawn; a slow answer is waited for in sight.
if (!Anybodys)
  await Promise.race([queries.prefetchQuery(asked('/me')), new Promise((done) => setTimeout(done, 300))]);
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        {Anybodys ? (
          <Suspense fallback={<Loading />}>
            <Anybodys />
          </Suspense>
        ) : (
          <App />
        )}
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
