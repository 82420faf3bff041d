// SPDX-License-Identifier: Apache-2.0
// The five first steps: organisation, questions, methods, roles, first checklist.
import { Button, Container, Group, Paper, Stack, Stepper, Title } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { call, get, useChange, type Schemas } from '../api';
import { AddressWarning } from '../addresses';
import { Failed, LanguageButton } from '../basics';
import { choose, ChoiceResult, proposed, Questions, Situations, type Answers, type Choice } from '../choose';
import { DailyBox, feedsBody } from '../feeds';
import { Errors } from '../form';
import { useWords } from '../i18n';
import { Ask, Card, CheckFact, mark, StatusTag, useGuideline, useMe, VerdictTag } from '../parts';
import { InviteForm } from './People';
import { MethodBoxes, OrganisationFields } from './Settings';

type Organisation = Schemas['Organisation'];

function FirstChecklist() {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  return (
    <Ask path="/checklist">
      {({ items }) => (
        <Card flush>
          {items
            .map((one) => ({ one, known: guideline.checklist.find((entry) => entry.ascii_id === one.id)! }))
            .filter(({ one, known }) => one.applies && known.priority === 'must')
            .map(({ one, known }) => (
              <div key={one.id} className="row">
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <strong>
                    {mark(known.priority)} {one.id} {tx(known.text)}
                  </strong>
                  <StatusTag status={one.status} />
                </Group>
                {one.checks.map((check) => (
                  <div key={check.id}>
                    <VerdictTag verdict={check.verdict} partly={check.partly} />{' '}
                    {tx(guideline.checks.find((entry) => entry.id === check.id)?.title)}{' '}
                    <CheckFact check={check} />
                  </div>
                ))}
              </div>
            ))}
          {items.length === 0 && t('app.none')}
        </Card>
      )}
    </Ask>
  );
}

const draftKey = 'sekisho.start';
interface Draft {
  step: number;
  value: Partial<Organisation>;
  answers: Answers;
  choice: Choice | null;
}
/** What was entered before the page was loaded again, in this window. */
function keptDraft(): Draft {
  const none = { step: 0, value: {}, answers: {}, choice: null };
  try {
    return { ...none, ...(JSON.parse(sessionStorage.getItem(draftKey) ?? '{}') as Partial<Draft>) };
  } catch {
    return none;
  }
}
const keepDraft = (draft: Draft) => sessionStorage.setItem(draftKey, JSON.stringify(draft));

function Steps({ given }: { given: Organisation }) {
  const { t } = useWords();
  const me = useMe();
  const guideline = useGuideline();
  const before = useMemo(keptDraft, []);
  const [step, setStep] = useState(before.step);
  const [value, set] = useState({ ...given, ...before.value });
  const [answers, setAnswers] = useState<Answers>(before.answers);
  const [choice, setChoice] = useState<Choice | null>(before.choice);
  useEffect(() => keepDraft({ step, value, answers, choice }), [step, value, answers, choice]);
  const [error, setError] = useState<Error | null>(null);
  const [daily, setDaily] = useState(true);
  const save = useChange((body: Organisation) => call('PUT', '/organisation', body));
  const finish = useChange(async () => {
    await call('PUT', '/feeds', feedsBody(await get('/feeds'), daily));
    await call('PUT', '/organisation', { ...value, ready: true });
    sessionStorage.removeItem(draftKey);
  });
  const failed = save.error ?? finish.error ?? error;
  const complete = guideline.flowchart.questions.every((question) => answers[question.id]);

  const ask = async () => {
    setError(null);
    try {
      const found = await choose(answers);
      setChoice(found);
      set((was) => ({ ...was, situations: { ...was.situations, ...found.situations } }));
      setStep(2);
    } catch (caught) {
      setError(caught as Error);
    }
  };
  const next = () => {
    // Each step is kept, so that nothing is lost when the window is closed.
    save.mutate(value, { onSuccess: () => setStep(step + 1) });
  };
  const back = step > 0 && (
    <Button variant="default" onClick={() => setStep(step - 1)}>
      {t('app.back')}
    </Button>
  );

  return (
    <>
      <p className="soft" role="status" style={{ marginTop: 0 }}>
        {t('start.progress', { n: step + 1 })}
      </p>
      <Errors error={failed}>
        <Stepper active={step} onStepClick={(to) => to < step && setStep(to)} size="sm">
          <Stepper.Step label={t('start.1')}>
            <Stack mt="md">
              <OrganisationFields value={value} set={set} />
              <Group>
                <Button onClick={next} disabled={!value.name.trim()} loading={save.isPending}>
                  {t('app.next')}
                </Button>
              </Group>
            </Stack>
          </Stepper.Step>
          <Stepper.Step label={t('start.2')}>
            <Stack mt="md">
              <p style={{ margin: 0 }}>{t('start.questions')}</p>
              <Questions answers={answers} set={setAnswers} />
              <Group>
                {back}
                <Button onClick={() => void ask()} disabled={!complete}>
                  {t('app.next')}
                </Button>
                <Button variant="subtle" onClick={() => setStep(2)}>
                  {t('start.skip')}
                </Button>
              </Group>
            </Stack>
          </Stepper.Step>
          <Stepper.Step label={t('start.3')}>
            <Stack mt="md">
              {choice && <ChoiceResult choice={choice} />}
              {choice && proposed(choice).length > 0 && (
                <Group>
                  <Button
                    variant="default"
                    onClick={() =>
                      set({ ...value, methods: [...new Set([...value.methods, ...proposed(choice)])] })
                    }
                  >
                    {t('start.take')}
                  </Button>
                </Group>
              )}
              <MethodBoxes value={value.methods} set={(methods) => set({ ...value, methods })} />
              <strong>{t('start.situations')}</strong>
              <Situations
                guideline={guideline}
                values={value.situations}
                set={(situations) => set({ ...value, situations })}
              />
              {value.methods.length === 0 && <span className="soft">{t('start.choosefirst')}</span>}
              <Group>
                {back}
                <Button onClick={next} disabled={value.methods.length === 0} loading={save.isPending}>
                  {t('app.next')}
                </Button>
              </Group>
            </Stack>
          </Stepper.Step>
          <Stepper.Step label={t('start.4')}>
            <Stack mt="md">
              <p style={{ margin: 0 }}>{t('start.roles')}</p>
              <p style={{ margin: 0 }}>
                {t('start.you')}: {me.name} ({t('role.administrator')})
              </p>
              <AddressWarning />
              <Card>
                <InviteForm roles={['executive']} />
              </Card>
              <Group>
                {back}
                <Button onClick={() => setStep(4)}>{t('app.next')}</Button>
              </Group>
            </Stack>
          </Stepper.Step>
          <Stepper.Step label={t('start.5')}>
            <Stack mt="md">
              <p style={{ margin: 0 }}>{t('start.first')}</p>
              <FirstChecklist />
              <DailyBox checked={daily} set={setDaily} />
              <Group>
                {back}
                <Button onClick={() => finish.mutate(undefined)} loading={finish.isPending}>
                  {t('start.finish')}
                </Button>
              </Group>
            </Stack>
          </Stepper.Step>
          {failed && <Failed error={failed} />}
        </Stepper>
      </Errors>
    </>
  );
}

export default function Start() {
  const { t } = useWords();
  document.title = `${t('start.title')} · ${t('app.name')}`;
  return (
    <Container size={860} py="lg" component="main">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {t('start.title')}
        </Title>
        <LanguageButton />
      </Group>
      <Paper withBorder radius="md" p="lg">
        <Ask path="/organisation">{(given) => <Steps given={given} />}</Ask>
      </Paper>
    </Container>
  );
}
