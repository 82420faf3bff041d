// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, SimpleGrid, Stack, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useApi } from '../api';
import { Failed } from '../basics';
import { choose, ChoiceResult, Flowchart, Questions, type Answers, type Choice } from '../choose';
import { useWords } from '../i18n';
import { Ask, Card, Page, RequirementLink, Tag, useGuideline, useRequirement } from '../parts';

function Line({ id }: { id: string }) {
  const { tx } = useWords();
  const { known } = useRequirement(id);
  return (
    <li>
      <RequirementLink id={id} /> {tx(known?.text)}
    </li>
  );
}

function Difference({ id }: { id: string }) {
  const { t } = useWords();
  return (
    <Ask path={`/methods/${id}/difference`}>
      {({ begins, ends }) =>
        begins.length + ends.length === 0 ? (
          <p>{t('methods.same')}</p>
        ) : (
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {(
              [
                ['methods.begins', begins],
                ['methods.ends', ends],
              ] as const
            ).map(([word, list]) => (
              <div key={word}>
                <strong>
                  {t(word)} ({list.length})
                </strong>
                <ul>
                  {list.map((one) => (
                    <Line key={one} id={one} />
                  ))}
                </ul>
              </div>
            ))}
          </SimpleGrid>
        )
      }
    </Ask>
  );
}

function Chooser() {
  const { t } = useWords();
  const { flowchart } = useGuideline();
  const [answers, setAnswers] = useState<Answers>({});
  const [choice, setChoice] = useState<Choice | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const complete = flowchart.questions.every((question) => answers[question.id]);
  useEffect(() => {
    setChoice(null);
    if (complete) choose(answers).then(setChoice, setError);
  }, [answers, complete]);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card title={t('methods.choose')}>
        <Questions answers={answers} set={setAnswers} />
        {error && <Failed error={error} />}
        {choice && (
          <div style={{ marginTop: 16 }}>
            <ChoiceResult choice={choice} />
          </div>
        )}
      </Card>
      <Card title={t('methods.flow')}>
        <p className="soft">{t('methods.flow.text')}</p>
        <Flowchart answers={answers} />
      </Card>
    </SimpleGrid>
  );
}

export default function Methods() {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const organisation = useApi('/organisation');
  const [shown, setShown] = useState<string | null>(null);
  const [open, { open: show, close }] = useDisclosure(false);
  const method = guideline.methods.find((one) => one.id === shown);
  return (
    <Page title={t('nav.methods')} text={t('methods.text')}>
      <Card flush>
        <Table.ScrollContainer minWidth={820}>
          <Table verticalSpacing="sm" layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={190}>{t('list.method')}</Table.Th>
                {guideline.traits.map((trait) => (
                  <Table.Th key={trait.id}>{tx(trait.name)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {guideline.methods.map((one) => (
                <Table.Tr key={one.id}>
                  <Table.Th scope="row">
                    <Stack gap={4} align="flex-start">
                      {tx(one.name)}
                      {organisation.data?.methods.includes(one.id) && (
                        <Tag kind="met">{t('methods.use')}</Tag>
                      )}
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                          setShown(one.id);
                          show();
                        }}
                        aria-label={`${tx(one.name)}: ${t('methods.change')}`}
                      >
                        {t('methods.change')}
                      </Button>
                    </Stack>
                  </Table.Th>
                  {guideline.traits.map((trait) => (
                    <Table.Td key={trait.id} style={{ verticalAlign: 'top' }}>
                      <span className={`grade ${one.grades[trait.id]?.grade}`}>
                        {one.grades[trait.id]?.grade}
                      </span>
                      <div className="soft" style={{ fontSize: '0.8125rem', marginTop: 4 }}>
                        {tx(one.grades[trait.id]?.reason)}
                      </div>
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
      <Chooser />
      <Modal
        opened={open}
        onClose={close}
        size="xl"
        title={method ? tx(method.name) : ''}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {method && (
          <Stack>
            <p style={{ margin: 0 }}>{tx(method.definition)}</p>
            <div>
              <strong>{t('methods.intended')}</strong> {tx(method.intended_use)}
            </div>
            <div>
              <strong>{t('methods.cautions')}</strong>
              <ul>
                {method.cautions.map((one) => (
                  <li key={one.id}>
                    <strong>{tx(one.title)}</strong> {tx(one.text)}
                  </li>
                ))}
              </ul>
            </div>
            <Group>
              <strong>{t('methods.change')}</strong>
            </Group>
            <Difference id={method.id} />
          </Stack>
        )}
      </Modal>
    </Page>
  );
}
