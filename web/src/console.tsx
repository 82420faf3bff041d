// SPDX-License-Identifier: Apache-2.0
// The console itself, for whoever is signed in: the frame and its pages.
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useApi, type Me } from './api';
import { Away } from './away';
import { Failed, Loading } from './basics';
import { Home } from './pages/Home';
import { administers, GuidelineContext, leads, MeContext, seesAll } from './parts';
import { Shell } from './shell';

const Start = lazy(() => import('./pages/Start'));
const Lists = lazy(() => import('./pages/Lists'));
const Actions = lazy(() => import('./pages/Actions'));
const RequirementPage = lazy(() => import('./pages/Requirement'));
const CheckPage = lazy(() => import('./pages/Check'));
const Methods = lazy(() => import('./pages/Methods'));
const Cases = lazy(() => import('./pages/Cases'));
const Devices = lazy(() => import('./pages/Devices'));
const Access = lazy(() => import('./access/Live'));
const AccessPolicy = lazy(() => import('./access/Policy'));
const AccessTimeline = lazy(() => import('./access/Timeline'));
const Clouds = lazy(() => import('./pages/Clouds'));
const CloudGuides = lazy(() => import('./pages/CloudGuides'));
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
const Applications = lazy(() => import('./pages/Applications'));
const Passage = lazy(() => import('./pages/Passage'));
const Privacy = lazy(() => import('./pages/Privacy'));

export default function Console({ me }: { me: Me }) {
  const guideline = useApi('/guideline');
  if (guideline.error) return <Failed error={guideline.error} again={() => void guideline.refetch()} />;
  if (!guideline.data) return <Loading />;
  const all = seesAll(me);
  const away = <Away why="forbidden" />;
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
                <Route path="/overview">{all ? <Home /> : away}</Route>
                <Route path="/brief">{all ? <Brief /> : away}</Route>
                <Route path="/assignments">{all ? <Assignments /> : away}</Route>
                <Route path="/checklist">{all ? <Lists key="checklist" kind="checklist" /> : away}</Route>
                <Route path="/measures">{all ? <Lists key="measures" kind="measures" /> : away}</Route>
                <Route path="/actions">{all ? <Actions /> : away}</Route>
                <Route path="/requirements/:id">{({ id }) => <RequirementPage key={id} id={id} />}</Route>
                <Route path="/checks/:id">{({ id }) => <CheckPage key={id} id={id} />}</Route>
                <Route path="/methods">{all ? <Methods /> : away}</Route>
                <Route path="/cases">{all ? <Cases /> : away}</Route>
                <Route path="/devices">{all ? <Devices /> : away}</Route>
                <Route path="/devices/:id">{({ id }) => <Devices id={id} />}</Route>
                <Route path="/access">{all ? <Access /> : away}</Route>
                <Route path="/access/policy">{all ? <AccessPolicy /> : away}</Route>
                <Route path="/access/timeline">{all ? <AccessTimeline /> : away}</Route>
                <Route path="/line">{all ? <Line /> : away}</Route>
                <Route path="/clouds">{administers(me) ? <Clouds /> : away}</Route>
                <Route path="/clouds/guides">{administers(me) ? <CloudGuides /> : away}</Route>
                <Route path="/clouds/guides/:id">
                  {({ id }) => (administers(me) ? <CloudGuides id={id} /> : away)}
                </Route>
                <Route path="/questions" component={Questions} />
                <Route path="/survey">{all ? <Survey /> : away}</Route>
                <Route path="/incidents">{() => <Incidents />}</Route>
                <Route path="/incidents/paper">{() => <IncidentPaper />}</Route>
                <Route path="/incidents/:id">{({ id }) => <Incidents id={id} />}</Route>
                <Route path="/people">{all ? <People /> : away}</Route>
                <Route path="/reports">{all ? <Reports /> : away}</Route>
                <Route path="/demo">{all && me.demo ? <TourPage /> : away}</Route>
                <Route path="/audit">
                  {administers(me) || me.roles.includes('auditor') ? <Audit /> : away}
                </Route>
                <Route path="/settings">{administers(me) ? <Settings /> : away}</Route>
                <Route path="/mine" component={Mine} />
                <Route path="/account" component={Account} />
                <Route path="/applications" component={Applications} />
                <Route path="/enter" component={Passage} />
                <Route path="/privacy" component={Privacy} />
                <Route path="/sign-in">
                  <Redirect to="/" />
                </Route>
                <Route path="/lost">
                  <Redirect to="/mine" />
                </Route>
                <Route path="/emergency-access">
                  <Redirect to="/" />
                </Route>
                <Route path="/setup">
                  <Redirect to="/" />
                </Route>
                <Route path="/invitation">
                  <Redirect to="/" />
                </Route>
                <Route>
                  <Away why="missing" />
                </Route>
              </Switch>
            </Suspense>
          </Shell>
        )}
      </GuidelineContext>
    </MeContext>
  );
}
