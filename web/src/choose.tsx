// SPDX-License-Identifier: Apache-2.0
// The questions that lead to a method, and the flowchart with the path taken.
import { Group, Radio, Stack } from '@mantine/core';
import { call, type Guideline, type Schemas } from './api';
import { useWords } from './i18n';
import { useGuideline, Result } from './parts';

export type Answers = Record<string, string>;
export type Choice = Schemas['Choice'];
export const choose = (answers: Answers) => call('POST', '/choice', answers);

export function Questions({ answers, set }: { answers: Answers; set: (answers: Answers) => void }) {
  const { tx } = useWords();
  const { flowchart } = useGuideline();
  return (
    <Stack>
      {flowchart.questions.map((question) => (
        <Radio.Group
          key={question.id}
          label={tx(question.text)}
          description={tx(question.help)}
          value={answers[question.id] ?? ''}
          onChange={(value) => set({ ...answers, [question.id]: value })}
        >
          <Stack gap={6} mt={6}>
            {question.options.map((option) => (
              <Radio key={option.id} value={option.id} label={tx(option.label)} />
            ))}
          </Stack>
        </Radio.Group>
      ))}
    </Stack>
  );
}

/** The methods that are proposed: the first that fits, or two that serve together what none does alone. What the
 * flowchart leads to may be ruled out by an answer that it doesn't ask for. */
export const proposed = (choice: Choice) =>
  choice.mixed.length > 0
    ? choice.mixed.map((part) => part.method)
    : choice.ranking.slice(0, 1).map((one) => one.method);

export function ChoiceResult({ choice }: { choice: Choice }) {
  const { t, tx } = useWords();
  const { methods } = useGuideline();
  const named = (id: string) => tx(methods.find((one) => one.id === id)?.name);
  const fitting = choice.ranking.filter((one) => one.fits);
  const reasons = (list: Schemas['AnswerEffect'][]) => list.map((one) => tx(one.effect));
  return (
    <Stack gap="xs">
      {proposed(choice).length > 0 && (
        <Result title={`${t('methods.reached')}: ${proposed(choice).map(named).join(' + ')}`}>
          {choice.mixed.length > 0 && (
            <>
              <p style={{ margin: '0.3rem 0' }}>{t('methods.mixed')}</p>
              <ul style={{ margin: 0 }}>
                {choice.mixed.map((part) => (
                  <li key={part.method}>
                    <strong>{named(part.method)}</strong>
                    <div>{reasons(part.serves).join(' ')}</div>
                  </li>
                ))}
              </ul>
            </>
          )}
        </Result>
      )}
      {fitting.length > 0 && (
        <>
          <strong>{t('start.fits')}</strong>
          <ol style={{ margin: 0 }}>
            {fitting.map((one) => (
              <li key={one.method}>{named(one.method)}</li>
            ))}
          </ol>
        </>
      )}
      <details>
        <summary className="soft">{t('start.ruledout')}</summary>
        <ul>
          {choice.ranking
            .filter((one) => !one.fits && !proposed(choice).includes(one.method))
            .map((one) => (
              <li key={one.method}>
                <strong>{named(one.method)}</strong>
                <ul>
                  {reasons(one.ruled_out_by).map((why) => (
                    <li key={why}>{why}</li>
                  ))}
                </ul>
              </li>
            ))}
        </ul>
      </details>
    </Stack>
  );
}

function Branch({ id, answers, taken }: { id: string; answers: Answers; taken: boolean }) {
  const { tx } = useWords();
  const { flowchart, methods } = useGuideline();
  const node = flowchart.nodes.find((one) => one.id === id);
  if (!node) return null;
  if (node.method)
    return <span className="node leaf">{tx(methods.find((one) => one.id === node.method)?.name)}</span>;
  const question = flowchart.questions.find((one) => one.id === node.question)!;
  return (
    <>
      <span className="node">{tx(question.text)}</span>
      <ul>
        {Object.entries(node.next).map(([option, next]) => {
          const here = taken && answers[node.question] === option;
          return (
            <li key={option} className={here ? 'taken' : undefined} aria-current={here ? 'step' : undefined}>
              <span className="edge">{tx(question.options.find((one) => one.id === option)?.label)} →</span>
              <Branch id={next} answers={answers} taken={here} />
            </li>
          );
        })}
      </ul>
    </>
  );
}

export function Flowchart({ answers }: { answers: Answers }) {
  const { flowchart } = useGuideline();
  const root = flowchart.nodes[0];
  if (!root) return null;
  return (
    <ul className="flow">
      <li className="taken">
        <Branch id={root.id} answers={answers} taken />
      </li>
    </ul>
  );
}

export function Situations({
  guideline,
  values,
  set,
}: {
  guideline: Guideline;
  values: Record<string, boolean>;
  set: (values: Record<string, boolean>) => void;
}) {
  const { t, tx } = useWords();
  return (
    <Stack gap="xs">
      {guideline.situations.map((situation) => (
        <Radio.Group
          key={situation.id}
          label={tx(situation.question)}
          value={situation.id in values ? (values[situation.id] ? 'yes' : 'no') : ''}
          onChange={(value) => set({ ...values, [situation.id]: value === 'yes' })}
        >
          <Group gap="md" mt={4}>
            <Radio value="yes" label={t('start.yes')} />
            <Radio value="no" label={t('start.no')} />
          </Group>
        </Radio.Group>
      ))}
    </Stack>
  );
}
