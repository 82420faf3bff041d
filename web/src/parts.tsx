// SPDX-License-Identifier: Apache-2.0
// What pages are put together from.
import { Anchor, Button, Group, Paper, Stack, Title, Tooltip } from '@mantine/core';
import {
  createContext,
  Fragment,
  lazy,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import { Link } from 'wouter';
import {
  ApiError,
  useApi,
  type Check,
  type Guideline,
  type GuidelineCheck,
  type Answer,
  type Me,
  type Requirement,
  type Schemas,
  type Share,
  type Status,
  type Step,
  type Text,
  type Verdict,
} from './api';
import { Failed, Loading } from './basics';
import { useWords, type Lang } from './i18n';
import type { Word } from './words';

export const MeContext = createContext<Me | null>(null);
export const GuidelineContext = createContext<Guideline | null>(null);
export const useMe = () => useContext(MeContext)!;
export const useGuideline = () => useContext(GuidelineContext)!;

export const seesAll = (me: Me) => me.roles.some((role) => role !== 'teleworker');
export const manages = (me: Me) => me.roles.includes('administrator') || me.roles.includes('executive');
/** Leads and doesn't administer: sees what waits for them first. */
export const leads = (me: Me) => me.roles.includes('executive') && !me.roles.includes('administrator');
export const administers = (me: Me) => me.roles.includes('administrator');

const isAway = (error: Error) => error instanceof ApiError && [400, 403, 404, 422].includes(error.status);

/** Shows what a question to the server gives, or that it is on its way, or why it is not there. */
export function Ask<P extends string>({
  path,
  children,
  keep,
  whole,
}: {
  path: P;
  children: (data: Answer<P>) => ReactNode;
  keep?: boolean;
  /** Where the page is of this alone: what to show when it is not there, where asking again is in vain. */
  whole?: ReactNode;
}) {
  const query = useApi<P>(path, { keep });
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error && whole && isAway(query.error)) return <>{whole}</>;
  if (query.error) return <Failed error={query.error} again={() => void query.refetch()} />;
  return <Loading />;
}

export function Page({
  title,
  text,
  children,
  aside,
}: {
  title: string;
  text?: ReactNode;
  children: ReactNode;
  aside?: ReactNode;
}) {
  const { t } = useWords();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {text && (
            <p className="soft" style={{ margin: '0.25rem 0 0' }}>
              {text}
            </p>
          )}
        </div>
        {aside}
      </Group>
      {children}
    </Stack>
  );
}

export function Card({
  title,
  children,
  aside,
  flush,
}: {
  title?: string;
  children: ReactNode;
  aside?: ReactNode;
  flush?: boolean;
}) {
  return (
    <Paper withBorder radius="md" p={flush ? 0 : 'md'}>
      {title && (
        <Group justify="space-between" mb="sm" p={flush ? 'md' : 0} pb={0}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {aside}
        </Group>
      )}
      {children}
    </Paper>
  );
}

/** What came of it, set off from the rest. */
export function Result({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Paper withBorder radius="md" p="md" role="status" style={{ borderColor: 'var(--met)' }}>
      <strong style={{ color: 'var(--met)' }}>{title}</strong>
      {children}
    </Paper>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return (
    <p className="soft" style={{ padding: '1rem', margin: 0 }}>
      {children}
    </p>
  );
}

export function Tag({ kind, children }: { kind: string; children: ReactNode }) {
  return <span className={`tag ${kind}`}>{children}</span>;
}
export function StatusTag({ status }: { status: Status }) {
  const { t } = useWords();
  return <Tag kind={status}>{t(`status.${status}`)}</Tag>;
}
/** `partly`: what was asked is half done, which is shown as that and not as nothing. */
export function VerdictTag({ verdict, partly }: { verdict: Verdict; partly?: boolean }) {
  const { t } = useWords();
  if (partly) return <StatusTag status="partly_met" />;
  return <Tag kind={verdict}>{t(`verdict.${verdict}`)}</Tag>;
}

/** ◎ and ○ are the handbook's marks: where it gives none, they are Sekisho's judgement. */
export const ourMark = (one: { priority: string; priority_from: string }) =>
  one.priority !== 'none' && one.priority_from === 'project';
export const mark = (priority: string) => (priority === 'must' ? '◎' : priority === 'should' ? '○' : '―');

/** A share as a bar that says its numbers to those who can't see it. */
export function ShareBar({ share, label }: { share: Share; label: string }) {
  const { t, percent } = useWords();
  const said = `${label}: ${t('share.met')} ${percent(share.met)}, ${t('share.failing')} ${percent(share.failing)}, ${t('share.unknown')} ${percent(share.unknown)}`;
  return (
    <div className="bar" role="img" aria-label={said} title={said}>
      <i className="b-met" style={{ width: `${share.met * 100}%` }} />
      <i className="b-failing" style={{ width: `${share.failing * 100}%` }} />
      <i className="b-unknown" style={{ width: `${share.unknown * 100}%` }} />
    </div>
  );
}

export function Legend() {
  const { t } = useWords();
  return (
    <Group gap="md" className="soft" fz="sm">
      {(['met', 'failing', 'unknown'] as const).map((kind) => (
        <Group key={kind} gap={6}>
          <span className="bar" style={{ minWidth: '1rem', width: '1rem' }}>
            <i className={`b-${kind}`} style={{ width: '100%' }} />
          </span>
          {t(`share.${kind}`)}
        </Group>
      ))}
    </Group>
  );
}

type Term = { word: string; text: string };
const termsKept = new WeakMap<Guideline['glossary'], Partial<Record<Lang, Term[]>>>();

/** The words of the glossary in a language, longest first; a page asks for them many times. */
function termsOf(glossary: Guideline['glossary'], lang: Lang): Term[] {
  const kept = termsKept.get(glossary) ?? {};
  termsKept.set(glossary, kept);
  return (kept[lang] ??= glossary
    .flatMap((entry) =>
      [
        ...entry.term[lang].split(/[（）()・]| and |, /),
        ...entry.also.filter((word) => lang === 'ja' || /^[ -~]+$/.test(word)),
      ].map((word) => ({ word: word.trim(), text: entry.text[lang] })),
    )
    .filter((term) => term.word.length > 1)
    .sort((a, b) => b.word.length - a.word.length));
}

/** Where a word stands in a text: not within a longer one of its letters, as ポート is in サポート. */
function wordIn(text: string, word: string): number {
  const latin = /[A-Za-z]/;
  const kana = /[ァ-ヶー]/;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    const within = latin.test(word)
      ? latin.test(before + after)
      : kana.test(word[0] ?? '') && kana.test(before);
    if (!within) return at;
  }
  return -1;
}

/** Text whose first use of a word of the glossary explains itself, on hover and on focus. */
export function Plain({ children }: { children: string }) {
  const { glossary } = useGuideline();
  const { lang } = useWords();
  const parts = useMemo(() => {
    const found: ({ at: number } & Term)[] = [];
    for (const term of termsOf(glossary, lang)) {
      const at = wordIn(children, term.word);
      const free = (from: number, to: number) =>
        found.every((other) => to <= other.at || from >= other.at + other.word.length);
      if (at >= 0 && free(at, at + term.word.length) && !found.some((other) => other.text === term.text))
        found.push({ at, ...term });
    }
    return found.sort((a, b) => a.at - b.at);
  }, [children, glossary, lang]);
  let last = 0;
  return (
    <>
      {parts.map((part) => {
        const before = children.slice(last, part.at);
        last = part.at + part.word.length;
        return (
          <Fragment key={part.at}>
            {before}
            <Tooltip label={part.text} multiline w={280} events={{ hover: true, focus: true, touch: true }}>
              <abbr className="term" tabIndex={0}>
                {part.word}
              </abbr>
            </Tooltip>
          </Fragment>
        );
      })}
      {children.slice(last)}
    </>
  );
}

export function Steps({ steps }: { steps: (Step | Text)[] }) {
  const { tx } = useWords();
  return (
    <ol style={{ margin: '0.25rem 0', paddingLeft: '1.3rem' }}>
      {steps.map((step, at) => (
        <li key={at}>
          {'run' in step && step.run ? (
            <code className="run">{step.run}</code>
          ) : (
            <Plain>{tx(step as Text)}</Plain>
          )}
        </li>
      ))}
    </ol>
  );
}

/** How to put a check right: on the device's system where that is known, else on each. */
export function Fix({ check, device }: { check: GuidelineCheck | undefined; device?: Schemas['Device'] }) {
  if (!check) return null;
  const others = [
    { name: 'Windows', steps: check.fix_windows, here: device?.windows },
    { name: 'macOS', steps: check.fix_darwin, here: device && /mac|darwin/i.test(device.system) },
  ];
  const here = others.find((one) => one.here);
  // Commands of Linux help nobody elsewhere.
  if (here)
    return <Steps steps={here.steps.length > 0 ? here.steps : check.fix.filter((step) => !step.run)} />;
  const own = others.filter((one) => one.steps.length > 0);
  if (device || own.length === 0) return <Steps steps={check.fix} />;
  return (
    <>
      {[...own, { name: 'Linux', steps: check.fix }].map((one) => (
        <div key={one.name}>
          <strong>{one.name}</strong>
          <Steps steps={one.steps} />
        </div>
      ))}
    </>
  );
}

/** What the guideline says of a measure or handbook item, by its id in the API. */
export function useRequirement(id: string) {
  const guideline = useGuideline();
  // A link of before may carry a former id.
  const measure =
    guideline.measures.find((one) => one.ascii_id === id) ??
    guideline.measures.find((one) => one.id === id || one.former?.includes(id));
  const item = guideline.checklist.find((one) => one.ascii_id === id);
  return { known: measure ?? item, measure, item };
}
export function useCheck(id: string) {
  return useGuideline().checks.find((one) => one.id === id);
}
export function useRequirementName() {
  const guideline = useGuideline();
  const { lang } = useWords();
  return (id: string) => {
    const measure = guideline.measures.find((one) => one.ascii_id === id);
    return measure && lang === 'ja' ? measure.id : id;
  };
}
export function RequirementLink({ id }: { id: string }) {
  const name = useRequirementName();
  return (
    <Anchor component={Link} href={`/requirements/${id}`} underline="always">
      {name(id)}
    </Anchor>
  );
}

export function Due({ due }: { due: string | null }) {
  const { day } = useWords();
  if (!due) return null;
  const late = due < new Date().toISOString().slice(0, 10);
  return (
    <span className={late ? 'tag fail' : 'soft'} style={{ whiteSpace: 'nowrap' }}>
      {day(due)}
    </span>
  );
}

/** Who has something; who has left, only to say who it was. */
export function ownerIn(
  assignment: { person: { name: string } | null; left?: string } | null,
  t: ReturnType<typeof useWords>['t'],
) {
  if (assignment?.person) return assignment.person.name;
  return assignment?.left ? t('act.left', { name: assignment.left }) : t('act.noowner');
}

const AssignDialog = lazy(() => import('./assign'));

/** A button that opens the dialog, and gets the focus back when it closes. */
export function AssignButton({
  item,
  assignment,
  word,
  done,
}: {
  item: string;
  assignment: Schemas['Assignment'];
  /** What the button says instead of who has it. */
  word?: Word;
  done?: (saved: boolean) => void;
}) {
  const { t, tx, day } = useWords();
  const check = useCheck(item);
  const { known } = useRequirement(item);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const owner = ownerIn(assignment, t);
  const close = (saved: boolean) => {
    setOpen(false);
    // The dialog is loaded when it is wanted, and so can't know where one was before.
    setTimeout(() => button.current?.focus());
    done?.(saved);
  };
  return (
    <>
      <Button
        ref={button}
        size={word ? 'sm' : 'compact-sm'}
        variant="default"
        maw="100%"
        onClick={() => setOpen(true)}
        aria-haspopup="dialog"
        aria-label={word ? undefined : `${t('act.assign')}: ${owner}`}
      >
        {word ? t(word) : owner + (assignment?.due ? ` · ${day(assignment.due)}` : '')}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <AssignDialog
            item={item}
            assignment={assignment}
            what={tx(check?.title ?? known?.text)}
            done={close}
          />
        </Suspense>
      )}
    </>
  );
}

/** Who has it and until when; those who manage may change both. */
export function Assign({ item, assignment }: { item: string; assignment: Schemas['Assignment'] }) {
  const { t, day } = useWords();
  if (manages(useMe())) return <AssignButton item={item} assignment={assignment} />;
  return (
    <span className="soft">
      {ownerIn(assignment, t)}
      {assignment?.due ? ` · ${day(assignment.due)}` : ''}
    </span>
  );
}

/** What a verdict rests on, one click away: what was seen, where, and what it was held against. */
export function Why({ evidence }: { evidence: Schemas['Evidence'] }) {
  const { t, tx, time, until } = useWords();
  if (evidence.basis.words.length === 0) return null;
  return (
    <details className="why">
      <summary>{t('item.basis')}</summary>
      <ul>
        {evidence.basis.words.map((line, at) => (
          <li key={at}>{tx(line)}</li>
        ))}
      </ul>
      <span className="soft">
        {evidence.by ? `${evidence.by} · ` : ''}
        {t('item.seenat', { at: time(evidence.observed_at) })} · {until(evidence.valid_until)}
      </span>
    </details>
  );
}

/** The facts behind a check in one line. */
export function CheckFact({ check }: { check: Check }) {
  const { t, tx, until } = useWords();
  if (check.evidence)
    return (
      <>
        {tx(check.evidence.detail)}{' '}
        <span className="soft">
          {check.evidence.by ? `${check.evidence.by} · ` : ''}
          {until(check.evidence.valid_until)}
        </span>
        <Why evidence={check.evidence} />
      </>
    );
  if (check.asked) return <span className="soft">{t('list.nobody')}</span>;
  const { fail, pass, unknown } = check.tally;
  if (fail + pass + unknown === 0) return <span className="soft">{t('list.notlooked')}</span>;
  return (
    <span className="soft">
      {t('verdict.pass')} {pass} · {t('verdict.fail')} {fail} · {t('verdict.unknown')} {unknown}
    </span>
  );
}

export const requirementShare = (one: Requirement) =>
  one.applies ? one.share : { met: 0, failing: 0, unknown: 0 };

export const roleWord = (role: string) => `role.${role}` as Word;
