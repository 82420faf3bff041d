// SPDX-License-Identifier: Apache-2.0
// The questions one after another, as `sekisho answer` asks them: by role and section, with the keyboard
// or a thumb.
import { Anchor, Button, Checkbox, Group, Paper, Select, Stack, Textarea, Title } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useApi, type Schemas } from '../api';
import { Failed, Loading } from '../basics';
import { useFilters } from '../filters';
import { PartBoxes } from '../answer';
import { Errors, Field } from '../form';
import { useWords } from '../i18n';
import { sendsByEnter, useKeys } from '../keys';
import { OvertakenAnswer, useAnswer } from '../overtaken';
import {
  AssignButton,
  Card,
  CheckFact,
  Due,
  Empty,
  manages,
  mark,
  Page,
  Plain,
  roleWord,
  seesAll,
  Tag,
  useGuideline,
  useMe,
  VerdictTag,
} from '../parts';

type Question = Schemas['Question'];
type Reply = 'yes' | 'no' | 'not_applicable' | 'partly';
interface Said {
  reply: Reply;
  note: string;
  parts?: number[];
}

const isOpen = (one: Question) => one.verdict === 'unknown';
const whose = ['mine', 'all', 'executive', 'administrator', 'teleworker'] as const;

/** What the address asks for: whose, of which section, and whether those with an answer come again. */
function useChosen() {
  const me = useMe();
  const { filters, narrow } = useFilters(['who', 'section', 'again']);
  const all = seesAll(me);
  const who = all ? (whose.find((one) => one === filters.who) ?? 'all') : 'mine';
  const section = filters.section || null;
  const again = filters.again === '1';
  const fits = (one: Question) =>
    (who === 'all' || (who === 'mine' ? one.mine : one.role === who)) &&
    (!section || one.category === section);
  return { who, section, again, narrow, fits, all };
}

function Filters({ chosen, list }: { chosen: ReturnType<typeof useChosen>; list: Question[] }) {
  const { t, tx } = useWords();
  const { categories } = useGuideline();
  if (!chosen.all) return null;
  const left = (fits: (one: Question) => boolean) =>
    t('ask.left', { n: list.filter((one) => isOpen(one) && fits(one)).length });
  return (
    <Group align="flex-end">
      <Select
        size="xs"
        w="15rem"
        label={t('ask.whose')}
        allowDeselect={false}
        value={chosen.who}
        onChange={(value) => chosen.narrow({ who: value ?? '' })}
        data={whose.map((one) => ({
          value: one,
          label: `${one === 'mine' || one === 'all' ? t(`ask.${one}`) : t(roleWord(one))} ${left(
            (question) => one === 'all' || (one === 'mine' ? question.mine : question.role === one),
          )}`,
        }))}
      />
      <Select
        size="xs"
        w="18rem"
        label={t('ask.section')}
        clearable
        placeholder={t('app.all')}
        value={chosen.section}
        onChange={(value) => chosen.narrow({ section: value ?? '' })}
        data={categories.map((one) => ({
          value: one.letter,
          label: `${one.letter} ${tx(one.name)} ${left((question) => question.category === one.letter)}`,
        }))}
      />
      <Checkbox
        mb={6}
        label={t('ask.again')}
        checked={chosen.again}
        onChange={(event) => chosen.narrow({ again: event.currentTarget.checked ? '1' : '' })}
      />
    </Group>
  );
}

/** What is being written, kept over a reload of the page until it is sent. */
function useDraft(name: string) {
  const [text, setText] = useState(() => sessionStorage.getItem(name) ?? '');
  const set = (value: string) => {
    setText(value);
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  };
  return [text, set, () => sessionStorage.removeItem(name)] as const;
}

function Key({ children }: { children: string }) {
  return (
    <kbd className="key" aria-hidden>
      {children}
    </kbd>
  );
}

/** One question: what is asked, why, and the ways to answer. */
function One({
  question,
  place,
  next,
  back,
}: {
  question: Question;
  place: string;
  next: () => void;
  back: (() => void) | null;
}) {
  const { t, tx } = useWords();
  const me = useMe();
  const { checks, categories } = useGuideline();
  const spec = checks.find((one) => one.id === question.id);
  const category = categories.find((one) => one.letter === question.category);
  const title = useRef<HTMLHeadingElement>(null);
  const section = useRef<HTMLElement>(null);
  const [note, setNote, forgetNote] = useDraft(`note.${me.id}.${question.id}`);
  // A reply that needs more before it is sent: the reason, or which parts are true.
  const [wants, setWants] = useState<'not_applicable' | 'partly' | null>(null);
  const [parts, setParts] = useState<number[]>([]);
  const answer = useAnswer(
    question,
    true,
    (said: Said) => said,
    () => {
      forgetNote();
      next();
    },
  );
  const { send } = answer;
  // Said with what stands there at this moment: Enter may follow upon the last letter at once.
  const say = (reply: Reply) => send.mutate({ reply, note, ...(reply === 'partly' ? { parts } : {}) });
  useEffect(() => title.current?.focus(), []);
  // What is asked for next is where one writes, or chooses, at once.
  useEffect(() => {
    const first = wants === 'partly' ? 'input[type=checkbox]' : 'textarea';
    if (wants) section.current?.querySelector<HTMLElement>(first)?.focus();
  }, [wants]);
  const may = manages(me) || question.assignment?.person?.id === me.id;
  const reply = (one: Reply) => {
    if (!may || send.isPending) return;
    if (one === 'partly' || one === 'not_applicable') setWants(one);
    else say(one);
  };
  const hasParts = spec !== undefined && spec.parts.length > 0;
  const isWhole =
    wants === 'partly'
      ? parts.length > 0 && parts.length < (spec?.parts.length ?? 0)
      : wants !== null && note.trim() !== '';
  const close = () => {
    setWants(null);
    title.current?.focus();
  };
  // With a choice open no key answers anything else: Enter sends it, Escape puts it away.
  const inChoice = (event: React.KeyboardEvent) => {
    if (wants === null || !(event.target as Element).closest('textarea, input')) return;
    if (event.key === 'Escape') close();
    if (!sendsByEnter(event)) return;
    event.preventDefault();
    if (isWhole && !send.isPending) say(wants);
  };
  useKeys(
    wants !== null || answer.other !== null
      ? {}
      : {
          1: () => reply('yes'),
          2: () => reply('no'),
          3: () => reply('not_applicable'),
          ...(hasParts ? { 4: () => reply('partly') } : {}),
          Enter: next,
          ArrowRight: next,
          ...(back ? { ArrowLeft: back } : {}),
        },
  );
  if (!spec) return null;
  const button = (
    one: Reply,
    key: string,
    word: 'item.yes' | 'item.no' | 'item.notapplicable' | 'ask.partly',
  ) => (
    <Button
      size="md"
      variant={one === 'yes' ? 'filled' : 'default'}
      loading={send.isPending && send.variables?.reply === one}
      onClick={() => reply(one)}
      rightSection={<Key>{key}</Key>}
    >
      {t(word)}
    </Button>
  );
  return (
    <Paper
      withBorder
      radius="md"
      p="lg"
      component="section"
      aria-label={place}
      ref={section}
      onKeyDown={inChoice}
    >
      <Stack gap="sm">
        <Group gap="xs" className="soft">
          <span>{place}</span>
          <Tag kind="closed">{t(roleWord(question.role))}</Tag>
          <span>
            {question.category} {tx(category?.name)}
          </span>
          {mark(question.priority) !== '―' && <span>{t(`priority.${question.priority}`)}</span>}
          {question.mine && isOpen(question) && (
            <span>
              {t('act.due')} <Due due={question.due} />
            </span>
          )}
        </Group>
        <Title order={2} size="h3" ref={title} tabIndex={-1} style={{ outline: 'none' }}>
          {tx(spec.title)}
        </Title>
        {!isOpen(question) && (
          <div>
            <VerdictTag verdict={question.verdict} partly={question.partly} /> <CheckFact check={question} />
          </div>
        )}
        <OvertakenAnswer answer={answer} />
        <details>
          <summary className="soft">{t('item.why')}</summary>
          <p style={{ margin: '0.3rem 0' }}>
            <Plain>{tx(spec.why)}</Plain>
          </p>
          {seesAll(me) && (
            <Anchor component={Link} href={`/checks/${question.id}`}>
              {t('ask.whole')}
            </Anchor>
          )}
        </details>
        {may ? (
          <Errors error={send.error}>
            <Stack gap="sm">
              <Group gap="sm">
                {button('yes', '1', 'item.yes')}
                {button('no', '2', 'item.no')}
                {button('not_applicable', '3', 'item.notapplicable')}
                {hasParts && button('partly', '4', 'ask.partly')}
              </Group>
              {wants === 'partly' && (
                <Paper withBorder radius="md" p="sm">
                  <PartBoxes of={spec.parts} value={parts} set={setParts} />
                  <Button
                    mt="sm"
                    size="xs"
                    disabled={parts.length === 0 || parts.length === spec.parts.length}
                    loading={send.isPending}
                    onClick={() => say('partly')}
                  >
                    {t('ask.sendpartly')}
                  </Button>
                </Paper>
              )}
              <Field at="/note">
                <Textarea
                  label={t(wants === 'not_applicable' ? 'ask.reason' : 'item.note')}
                  autosize
                  minRows={1}
                  maxLength={600}
                  required={wants === 'not_applicable'}
                  value={note}
                  onChange={(event) => setNote(event.currentTarget.value)}
                />
              </Field>
              {wants === 'not_applicable' && (
                <Button
                  size="xs"
                  w="fit-content"
                  disabled={note.trim() === ''}
                  loading={send.isPending}
                  onClick={() => say('not_applicable')}
                >
                  {t('ask.sendna')}
                </Button>
              )}
              {send.error && <Failed error={send.error} />}
            </Stack>
          </Errors>
        ) : (
          <p className="soft">{t('ask.reading')}</p>
        )}
        <Group justify="space-between">
          <Button variant="subtle" disabled={!back} onClick={() => back?.()}>
            ← {t('app.back')}
          </Button>
          <Group gap="sm">
            {manages(me) && (
              <AssignButton
                item={question.id}
                assignment={question.assignment}
                word="ask.handon"
                done={(saved) => saved && next()}
              />
            )}
            <Button variant="subtle" onClick={next} rightSection={<Key>Enter</Key>}>
              {t('ask.later')}
            </Button>
          </Group>
        </Group>
        {question.assignment?.person && (
          <span className="soft">{t('ask.with', { name: question.assignment.person.name })}</span>
        )}
      </Stack>
    </Paper>
  );
}

/** Goes through those that fit, in the order that they had when it began. */
function Round({
  list,
  fits,
  again,
  anew,
}: {
  list: Question[];
  fits: (one: Question) => boolean;
  again: boolean;
  anew: () => void;
}) {
  const { t } = useWords();
  const order = useMemo(
    () => list.filter((one) => fits(one) && (again || isOpen(one))).map((one) => one.id),
    [],
  );
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const fitting = list.filter(fits);
  const answered = fitting.filter((one) => !isOpen(one)).length;
  const share = fitting.length === 0 ? 100 : (answered / fitting.length) * 100;
  const current = list.find((one) => one.id === order[at]);
  return (
    <Stack>
      <div>
        <span role="status">{t('ask.progress', { n: answered, of: fitting.length })}</span>
        <div className="bar" aria-hidden>
          <i className="b-met" style={{ width: `${share}%` }} />
        </div>
      </div>
      {current ? (
        <One
          key={current.id}
          question={current}
          place={t('ask.place', { n: at + 1, of: order.length })}
          next={() => setAt(at + 1)}
          back={at > 0 ? () => setAt(at - 1) : null}
        />
      ) : (
        <Card>
          <Empty>
            {answered === fitting.length ? t('ask.done') : t('ask.rest', { n: fitting.length - answered })}
          </Empty>
          <Group>
            {answered < fitting.length && <Button onClick={anew}>{t('ask.round')}</Button>}
            {order.length > 0 && (
              <Button variant="default" onClick={() => setAt(order.length - 1)}>
                ← {t('app.back')}
              </Button>
            )}
            <Button variant="default" onClick={() => go('/')}>
              {t('nav.home')}
            </Button>
          </Group>
        </Card>
      )}
    </Stack>
  );
}

export default function Questions() {
  const { t, day } = useWords();
  const chosen = useChosen();
  const [round, setRound] = useState(0);
  const query = useApi('/questions');
  if (query.error) return <Failed error={query.error} again={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const { items, due } = query.data;
  const mine = items.some((one) => one.mine && isOpen(one));
  return (
    <Page
      title={t('ask.title')}
      text={mine ? `${t('ask.text')} ${t('ask.due', { day: day(due) })}` : t('ask.text')}
    >
      <Filters chosen={chosen} list={items} />
      <Round
        key={`${chosen.who} ${chosen.section} ${chosen.again} ${round}`}
        list={items}
        fits={chosen.fits}
        again={chosen.again}
        anew={() => setRound(round + 1)}
      />
    </Page>
  );
}
