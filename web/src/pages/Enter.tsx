// SPDX-License-Identifier: Apache-2.0
// Everything before the console: first run, invitations, signing in, the second factor.
import {
  Anchor,
  Button,
  Code,
  Container,
  Divider,
  Group,
  PasswordInput,
  Stack,
  TextInput,
  Title,
} from '@mantine/core';
import { lazy, Suspense, useEffect, useState, type FormEvent } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { call, queries, useApi, type Me } from '../api';
import { CallFirst, Copy, Failed, LanguageButton, Loading } from '../basics';
import { Gate } from '../gate';
import { Field, Form } from '../form';
import { language, useWords } from '../i18n';
import type { Word } from '../words';
import { codesKept, codesShown } from '../codes';
import { makePasskey, passkeysWork, signInWithPasskey } from '../passkey';

const Privacy = lazy(() => import('./Privacy'));
const Lost = lazy(() => import('./Lost'));
const EmergencyAccess = lazy(() => import('./EmergencyAccess'));

/** Whoever lost what they sign in with finds here whom to call, and reports it. */
function Emergency() {
  const { t } = useWords();
  const emergency = useApi('/emergency');
  return (
    <section aria-labelledby="emergency">
      <Divider my="md" />
      <Title order={2} size="h5" id="emergency">
        {t('lost.trouble')}
      </Title>
      <p className="soft" style={{ margin: '0.3rem 0' }}>
        {t('lost.text')}
      </p>
      {emergency.data?.contact && <CallFirst number={emergency.data.contact} />}
      <Anchor component={Link} href="/lost" underline="always" display="inline-block" lh="1.75rem">
        {t('lost.title')}
      </Anchor>
      <br />
      <Anchor
        component={Link}
        href="/emergency-access"
        underline="always"
        display="inline-block"
        lh="1.75rem"
      >
        {t('enter.emergency')}
      </Anchor>
    </section>
  );
}

/** Browsers keep passkeys to https and to the name localhost. */
function NoPasskeys() {
  const { t } = useWords();
  if (location.hostname !== '127.0.0.1') return <p className="soft">{t('enter.nopasskey')}</p>;
  return (
    <Anchor
      underline="always"
      mt="md"
      display="inline-block"
      lh="1.75rem"
      href={location.href.replace('127.0.0.1', 'localhost')}
    >
      {t('enter.localhost')}
    </Anchor>
  );
}

/** After each step the server says who we are by now. */
const refresh = () => queries.invalidateQueries({ queryKey: ['/me'] });

function useSubmit(run: () => Promise<unknown>) {
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await run();
    } catch (caught) {
      setError(caught as Error);
    }
    setBusy(false);
  };
  return { error, busy, submit };
}

/** Why the server sent the browser back from the company account. */
const refusals: Record<string, Word> = {
  '#not-invited': 'enter.notinvited',
  '#company-failed': 'enter.companyfailed',
  '#company-address': 'enter.companyaddress',
  '#company-denied': 'enter.companydenied',
  '#company-disabled': 'enter.companydisabled',
  '#company-connect': 'enter.companyconnect',
  '#company-sealed': 'enter.companysealed',
  '#company-other': 'enter.companyother',
};

function SignIn() {
  const { t } = useWords();
  const refusal = refusals[location.hash];
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const state = useApi('/state');
  const [, go] = useLocation();
  const enter = useSubmit(async () => {
    await call('POST', '/sign-in', { email, password });
    await refresh();
    go('/');
  });
  const withKey = useSubmit(async () => {
    await signInWithPasskey();
    await refresh();
    go('/');
  });
  return (
    <Gate title={t('enter.title')} text={state.data?.organisation}>
      {refusal && <Failed error={new Error(t(refusal))} />}
      {state.data?.demo && <p className="tag partly_met">{t('app.demo')}</p>}
      <Form error={enter.error} submit={() => void enter.submit()}>
        <Stack>
          <Field at="/email">
            <TextInput
              label={t('enter.email')}
              type="email"
              autoComplete="username webauthn"
              required
              value={email}
              onChange={(e) => setEmail(e.currentTarget.value)}
            />
          </Field>
          <Field at="/password">
            <PasswordInput
              label={t('enter.password')}
              autoComplete="current-password"
              required
              value={password}
              onChange={(e) => setPassword(e.currentTarget.value)}
            />
          </Field>
          {enter.error && <Failed error={enter.error} />}
          <Button type="submit" loading={enter.busy}>
            {t('enter.go')}
          </Button>
        </Stack>
      </Form>
      <Divider my="md" />
      <Stack>
        {passkeysWork() ? (
          <Button variant="default" onClick={() => void withKey.submit()} loading={withKey.busy}>
            {t('enter.passkey')}
          </Button>
        ) : (
          <NoPasskeys />
        )}
        {withKey.error && <Failed error={withKey.error} />}
        {state.data?.oidc && (
          <Button variant="default" component="a" href="/api/v1/sign-in/oidc">
            {t('enter.oidc')}
          </Button>
        )}
      </Stack>
      <Emergency />
    </Gate>
  );
}

function Newcomer({
  token,
  withEmail,
  path,
  suggested,
}: {
  token: string;
  withEmail: boolean;
  path: '/setup' | '/invitations/accept';
  suggested?: string;
}) {
  const { t } = useWords();
  const [name, setName] = useState(suggested ?? '');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [, go] = useLocation();
  const enter = useSubmit(async () => {
    await call('POST', path, { token, name, password, lang: language(), ...(withEmail ? { email } : {}) });
    await refresh();
    go('/');
  });
  return (
    <Form error={enter.error} submit={() => void enter.submit()}>
      <Stack>
        <Field at="/name">
          <TextInput
            label={t('setup.name')}
            autoComplete="name"
            required
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
        </Field>
        {withEmail && (
          <Field at="/email">
            <TextInput
              label={t('enter.email')}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(e) => setEmail(e.currentTarget.value)}
            />
          </Field>
        )}
        <Field at="/password">
          <PasswordInput
            label={t('enter.password')}
            description={t('setup.passwordhint')}
            autoComplete="new-password"
            required
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
        </Field>
        {enter.error && <Failed error={enter.error} />}
        <Button type="submit" loading={enter.busy}>
          {t('setup.go')}
        </Button>
      </Stack>
    </Form>
  );
}

function Setup() {
  const { t } = useWords();
  const token = location.hash.slice(1);
  const state = useApi('/state');
  // The link was pressed twice, or the page loaded again.
  if (state.data && !state.data.setup_needed)
    return (
      <Gate title={t('setup.title')} text={t('setup.done')}>
        <Button component={Link} href="/sign-in">
          {t('enter.title')}
        </Button>
      </Gate>
    );
  return (
    <Gate title={t('setup.title')} text={token ? t('setup.text') : t('setup.notoken')}>
      {token && <Newcomer token={token} withEmail path="/setup" />}
      {token && !passkeysWork() && <NoPasskeys />}
    </Gate>
  );
}

function Invitation() {
  const { t, time } = useWords();
  const token = location.hash.slice(1);
  const invitation = useApi(`/invitations/${encodeURIComponent(token || '-')}`);
  if (invitation.error)
    return (
      <Gate title={t('invite.title')}>
        <Failed error={invitation.error} />
        <p>
          <a href="/">{t('enter.go')}</a>
        </p>
      </Gate>
    );
  const invited = invitation.data;
  if (!invited) return <Loading />;
  return (
    <Gate
      title={t('invite.title')}
      text={
        <>
          <strong>
            {t(invited.organisation ? 'invite.firm' : 'invite.nofirm', { firm: invited.organisation })}
          </strong>
          <br />
          {invited.by && `${t('invite.by', { name: invited.by })} `}
          {t('invite.as', { roles: invited.roles.map((role) => t(`role.${role}`)).join(t('list.and')) })}{' '}
          {t('invite.text', { email: invited.email, at: time(invited.expires_at) })}
        </>
      }
    >
      <Newcomer token={token} withEmail={false} path="/invitations/accept" suggested={invited.name} />
      <Anchor underline="always" mt="md" display="inline-block" lh="1.75rem" href="/privacy" target="_blank">
        {t('privacy.title')}
      </Anchor>
    </Gate>
  );
}

function SecondFactor({ me }: { me: Me }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const enter = useSubmit(async () => {
    await call('POST', '/sign-in/code', { code });
    await refresh();
  });
  const withKey = useSubmit(async () => {
    await signInWithPasskey();
    await refresh();
  });
  const leave = useSubmit(async () => {
    await call('POST', '/sign-out');
    location.assign('/');
  });
  return (
    <Gate
      title={t('enter.code.title')}
      text={me.factors.totp || me.factors.recovery_codes > 0 ? t('enter.code.text') : undefined}
    >
      <Stack>
        <Form error={enter.error} submit={() => void enter.submit()}>
          <Stack>
            <Field at="/code">
              <TextInput
                label={t('enter.code')}
                autoComplete="one-time-code"
                inputMode="text"
                required
                autoFocus
                value={code}
                onChange={(e) => setCode(e.currentTarget.value)}
              />
            </Field>
            {enter.error && <Failed error={enter.error} />}
            <Button type="submit" loading={enter.busy}>
              {t('app.next')}
            </Button>
          </Stack>
        </Form>
        {me.factors.passkeys > 0 && passkeysWork() && (
          <Button variant="default" onClick={() => void withKey.submit()}>
            {t('enter.passkey')}
          </Button>
        )}
        {withKey.error && <Failed error={withKey.error} />}
        <Button variant="subtle" onClick={() => void leave.submit()}>
          {t('enter.other')}
        </Button>
      </Stack>
      <Emergency />
    </Gate>
  );
}

export function TotpSetup({ done }: { done: (codes: string[]) => void }) {
  const { t } = useWords();
  const [secret, setSecret] = useState<{ secret: string; uri: string; picture: string } | null>(null);
  const [code, setCode] = useState('');
  const begin = useSubmit(async () => {
    const { renderSVG } = await import('uqr');
    const { secret, uri } = await call('POST', '/me/totp');
    setSecret({ secret, uri, picture: `data:image/svg+xml;utf8,${encodeURIComponent(renderSVG(uri))}` });
  });
  const confirm = useSubmit(async () => {
    const reply = await call('POST', '/me/totp/confirm', {
      code: code.replace(/\s/g, ''),
    });
    done(reply.recovery_codes);
  });
  if (!secret)
    return (
      <Stack>
        <Button variant="default" onClick={() => void begin.submit()} loading={begin.busy}>
          {t('enrol.app')}
        </Button>
        {begin.error && <Failed error={begin.error} />}
      </Stack>
    );
  return (
    <Form error={confirm.error} submit={() => void confirm.submit()}>
      <Stack>
        <p>{t('enrol.app.text')}</p>
        <img
          src={secret.picture}
          alt={t('enrol.app.qr')}
          width={200}
          height={200}
          style={{ background: '#fff', borderRadius: 8 }}
        />
        <div>
          <span className="soft">{t('enrol.app.secret')}</span>
          <br />
          <Code fz="md" data-testid="totp-secret">
            {secret.secret}
          </Code>
        </div>
        <Group gap="sm">
          {/* The same telephone can't photograph its own screen. */}
          <Button size="xs" variant="default" component="a" href={secret.uri}>
            {t('enrol.app.open')}
          </Button>
          <Copy text={secret.secret} />
        </Group>
        <Field at="/code">
          <TextInput
            label={t('enter.code')}
            autoComplete="one-time-code"
            inputMode="numeric"
            required
            value={code}
            onChange={(e) => setCode(e.currentTarget.value)}
          />
        </Field>
        {confirm.error && <Failed error={confirm.error} />}
        <Button type="submit" loading={confirm.busy}>
          {t('enrol.confirm')}
        </Button>
      </Stack>
    </Form>
  );
}

export function PasskeySetup({ done }: { done: (codes: string[]) => void }) {
  const { t } = useWords();
  const [name, setName] = useState('');
  const make = useSubmit(async () => {
    try {
      done(await makePasskey(name));
    } catch (error) {
      throw error instanceof DOMException ? new Error(t('enrol.passkey.failed')) : error;
    }
  });
  if (!passkeysWork()) return <NoPasskeys />;
  return (
    <Form error={make.error} submit={() => void make.submit()}>
      <Stack>
        <p>{t('enrol.passkey.text')}</p>
        <Field at="/name">
          <TextInput
            label={t('account.passkeyname')}
            required
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
        </Field>
        {make.error && <Failed error={make.error} />}
        <Button type="submit" variant="default" loading={make.busy}>
          {t('enrol.passkey.go')}
        </Button>
      </Stack>
    </Form>
  );
}

export function RecoveryCodes({ codes, done }: { codes: string[]; done: () => void }) {
  const { t } = useWords();
  useEffect(codesShown, [codes]);
  return (
    <Stack>
      <p>{t('enrol.codes.text')}</p>
      <ul className="codes" data-testid="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <Code fz="md">{code}</Code>
          </li>
        ))}
      </ul>
      <Group gap="sm">
        <Copy text={codes.join('\n')} />
        <Button
          size="xs"
          variant="default"
          component="a"
          download="sekisho-recovery-codes.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${t('app.name')}: ${t('enrol.codes')}\n\n${codes.join('\n')}\n`)}`}
        >
          {t('enrol.codes.download')}
        </Button>
        <Button size="xs" variant="default" onClick={() => window.print()}>
          {t('enrol.codes.print')}
        </Button>
      </Group>
      <Button
        onClick={() => {
          codesKept();
          done();
        }}
      >
        {t('enrol.codes.done')}
      </Button>
    </Stack>
  );
}

function Enrol() {
  const { t } = useWords();
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes)
    return (
      <Gate title={t('enrol.codes')}>
        <RecoveryCodes codes={codes} done={() => void refresh()} />
      </Gate>
    );
  return (
    <Gate title={t('enrol.title')} text={t('enrol.text')}>
      <TotpSetup done={setCodes} />
      <Divider my="md" />
      <PasskeySetup done={setCodes} />
    </Gate>
  );
}

/** What stands between us and the console: nobody signed in, a second step left, or a second factor to set up. */
function Entrance({ me }: { me: Me | undefined }) {
  if (me?.stage === 'second') return <SecondFactor me={me} />;
  if (me?.stage === 'enrol') return <Enrol />;
  return (
    <Switch>
      <Route path="/setup" component={Setup} />
      <Route path="/invitation" component={Invitation} />
      <Route path="/privacy">
        <Container size={820} py="xl" component="main">
          <Group justify="flex-end" component="header">
            <LanguageButton />
          </Group>
          <Suspense fallback={<Loading />}>
            <Privacy />
          </Suspense>
        </Container>
      </Route>
      <Route component={SignIn} />
    </Switch>
  );
}

/** What is also for whoever can't take the step that is left comes first. */
export default function Enter({ me }: { me: Me | undefined }) {
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/lost" component={Lost} />
        <Route path="/emergency-access" component={EmergencyAccess} />
        <Route>
          <Entrance me={me} />
        </Route>
      </Switch>
    </Suspense>
  );
}
