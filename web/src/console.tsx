// The console itself, for whoever is signed in: the frame and its pages.
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useApi, type Guideline, type Me } from './api';
import { Failed, Loading } from './basics';
import { useWords } from './i18n';
import { Home } from './pages/Home';
import { administers, Empty, GuidelineContext, leads, MeContext, Page, seesAll } from './parts';
import { Shell } from './shell';

const Start = lazy(() => import('./pages/Start'));
const Lists = lazy(() => import('./pages/Lists'));
const Actions = lazy(() => import('./pages/Actions'));
const RequirementPage = lazy(() => import('./pages/Requirement'));
const CheckPage = lazy(() => import('./pages/Check'));
const Methods = lazy(() => import('./pages/Methods'));
const Cases = lazy(() => import('./pages/Cases'));
const Devices = lazy(() => import('./pages/Devices'));
const Line = lazy(() => import('./pages/Line'));
const Brief = lazy(() => import('./pages/Brief'));
const Assignments = lazy(() => import('./pages/Assignments'));
const Questions = lazy(() => import('./pages/Questions'));
const Survey = lazy(() => import('./pages/Survey'));
const IncidentPaper = lazy(() => import('./contacts'));
const Incidents = lazy(() => import('./pages/Incidents'));
const People = lazy(() => import('./pages/People'));
const Reports = lazy(() => import('./pages/Reports'));
const Audit = lazy(() => import('./pages/Audit'));
const Settings = lazy(() => import('./pages/Settings'));
const Mine = lazy(() => import('./pages/Mine'));
const Account = lazy(() => import('./pages/Account'));
const TourPage = lazy(() => import('./tour').then(({ TourPage }) => ({ default: TourPage })));
const Privacy = lazy(() => import('./pages/Privacy'));

function Missing() {
  const { t } = useWords();
  return (
    <Page title={t('app.missing')}>
      <Empty>404</Empty>
    </Page>
  );
}

export default function Console({ me }: { me: Me }) {
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
                <Route path="/">{leads(me) ? <Brief /> : all ? <Home /> : <Redirect to="/mine" />}</Route>
                {all && <Route path="/overview" component={Home} />}
                {all && <Route path="/brief" component={Brief} />}
                {all && <Route path="/assignments" component={Assignments} />}
                {all && <Route path="/checklist">{() => <Lists key="checklist" kind="checklist" />}</Route>}
                {all && <Route path="/measures">{() => <Lists key="measures" kind="measures" />}</Route>}
                {all && <Route path="/actions" component={Actions} />}
                <Route path="/requirements/:id">{({ id }) => <RequirementPage key={id} id={id} />}</Route>
                <Route path="/checks/:id">{({ id }) => <CheckPage key={id} id={id} />}</Route>
                {all && <Route path="/methods" component={Methods} />}
                {all && <Route path="/cases" component={Cases} />}
                {all && <Route path="/devices">{() => <Devices />}</Route>}
                <Route path="/devices/:id">{({ id }) => <Devices id={id} />}</Route>
                {all && <Route path="/line" component={Line} />}
                <Route path="/questions" component={Questions} />
                {all && <Route path="/survey" component={Survey} />}
                <Route path="/incidents">{() => <Incidents />}</Route>
                <Route path="/incidents/paper">{() => <IncidentPaper />}</Route>
                <Route path="/incidents/:id">{({ id }) => <Incidents id={id} />}</Route>
                {all && <Route path="/people" component={People} />}
                {all && <Route path="/reports" component={Reports} />}
                {all && me.demo && <Route path="/demo" component={TourPage} />}
                {all && <Route path="/audit" component={Audit} />}
                {administers(me) && <Route path="/settings" component={Settings} />}
                <Route path="/mine" component={Mine} />
                <Route path="/account" component={Account} />
                <Route path="/privacy" component={Privacy} />
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
