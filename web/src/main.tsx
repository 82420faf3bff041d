import '@mantine/core/styles.css';
import './style.css';
import { createTheme, MantineProvider, type MantineColorsTuple } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { lazy, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { Redirect, Route, Switch } from 'wouter';
import { ApiError, queries, setCsrf, useApi, type Guideline, type Me } from './api';
import { useWords } from './i18n';
import { Home } from './pages/Home';
import { administers, Empty, Failed, GuidelineContext, Loading, MeContext, Page, seesAll } from './parts';
import { Shell } from './shell';

const Enter = lazy(() => import('./pages/Enter'));
const Start = lazy(() => import('./pages/Start'));
const Lists = lazy(() => import('./pages/Lists'));
const Actions = lazy(() => import('./pages/Actions'));
const RequirementPage = lazy(() => import('./pages/Requirement'));
const CheckPage = lazy(() => import('./pages/Check'));
const Methods = lazy(() => import('./pages/Methods'));
const Cases = lazy(() => import('./pages/Cases'));
const Devices = lazy(() => import('./pages/Devices'));
const Survey = lazy(() => import('./pages/Survey'));
const Incidents = lazy(() => import('./pages/Incidents'));
const People = lazy(() => import('./pages/People'));
const Reports = lazy(() => import('./pages/Reports'));
const Audit = lazy(() => import('./pages/Audit'));
const Settings = lazy(() => import('./pages/Settings'));
const Mine = lazy(() => import('./pages/Mine'));
const Account = lazy(() => import('./pages/Account'));

// Ai, the indigo of work clothes.
const ai: MantineColorsTuple = ['#eaf3f9', '#d5e4ee', '#a9c8dd', '#7aabcc', '#5392bd', '#3a83b5', '#2b76a8', '#1f6394', '#1f4f73', '#153a57'];
const theme = createTheme({
  primaryColor: 'ai',
  primaryShade: { light: 7, dark: 7 },
  colors: { ai },
  fontFamily: 'system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", Meiryo, sans-serif',
  headings: { fontWeight: '650' },
  defaultRadius: 'sm',
  respectReducedMotion: true,
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
setNonce(nonce); // for the styles that a dialogue holds the page still with

function Missing() {
  const { t } = useWords();
  return (
    <Page title={t('app.missing')}>
      <Empty>404</Empty>
    </Page>
  );
}

function Console({ me }: { me: Me }) {
  const guideline = useApi<Guideline>('/guideline');
  if (guideline.error) return <Failed error={guideline.error} again={() => void guideline.refetch()} />;
  if (!guideline.data) return <Loading />;
  const all = seesAll(me);
  return (
    <MeContext value={me}>
      <GuidelineContext value={guideline.data}>
        {administers(me) && !me.organisation.ready ? (
          <Suspense fallback={<Loading />}>
            <Start />
          </Suspense>
        ) : (
          <Shell>
            <Suspense fallback={<Loading />}>
              <Switch>
                <Route path="/">{all ? <Home /> : <Redirect to="/mine" />}</Route>
                {all && <Route path="/checklist">{() => <Lists key="checklist" kind="checklist" />}</Route>}
                {all && <Route path="/measures">{() => <Lists key="measures" kind="measures" />}</Route>}
                {all && <Route path="/actions" component={Actions} />}
                {all && <Route path="/requirements/:id">{({ id }) => <RequirementPage key={id} id={id} />}</Route>}
                <Route path="/checks/:id">{({ id }) => <CheckPage key={id} id={id} />}</Route>
                {all && <Route path="/methods" component={Methods} />}
                {all && <Route path="/cases" component={Cases} />}
                {all && <Route path="/devices">{() => <Devices />}</Route>}
                <Route path="/devices/:id">{({ id }) => <Devices id={id} />}</Route>
                {all && <Route path="/survey" component={Survey} />}
                <Route path="/incidents">{() => <Incidents />}</Route>
                <Route path="/incidents/:id">{({ id }) => <Incidents id={id} />}</Route>
                {all && <Route path="/people" component={People} />}
                {all && <Route path="/reports" component={Reports} />}
                {all && <Route path="/audit" component={Audit} />}
                {administers(me) && <Route path="/settings" component={Settings} />}
                <Route path="/mine" component={Mine} />
                <Route path="/account" component={Account} />
                <Route path="/sign-in">
                  <Redirect to="/" />
                </Route>
                <Route path="/setup">
                  <Redirect to="/" />
                </Route>
                <Route path="/invitation">
                  <Redirect to="/" />
                </Route>
                <Route component={Missing} />
              </Switch>
            </Suspense>
          </Shell>
        )}
      </GuidelineContext>
    </MeContext>
  );
}

function App() {
  const me = useApi<Me>('/me');
  // Known before any change is sent.
  setCsrf(me.data?.csrf ?? null);
  const out = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    // A session that ended shows at the first refusal, wherever that is.
    return queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error' && event.query.queryKey[0] !== '/me' && event.action.error instanceof ApiError && event.action.error.status === 401)
        void queries.invalidateQueries({ queryKey: ['/me'] });
    });
  }, []);
  if (me.error && !me.data && !out) return <Failed error={me.error} again={() => void me.refetch()} />;
  if (!me.data && !out) return <Loading />;
  const inside = out ? undefined : me.data;
  if (inside?.stage === 'full') return <Console me={inside} />;
  return (
    <Suspense fallback={<Loading />}>
      <Enter me={inside} />
    </Suspense>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
