// SPDX-License-Identifier: Apache-2.0
// Systems out of support: ours, beside the deck's survey of firms by industry and size.
import { SimpleGrid, Table } from '@mantine/core';
import { useApi, type Schemas, type SurveyClass, type Answer } from '../api';
import { useWords } from '../i18n';
import { Ask, Card, Empty, Page, ShareBar, Tag, useGuideline } from '../parts';

type Tally = Schemas['Tally'];
type Survey = Answer<'/survey'>;

/** Of the devices whose support is known, how many are past it; none known: nothing to say. */
const outOf = (tally: Tally) =>
  tally.pass + tally.fail === 0 ? undefined : tally.fail / (tally.pass + tally.fail);

function Classes({ title, list, own }: { title: string; list: SurveyClass[]; own?: string }) {
  const { t, tx, percent, number } = useWords();
  return (
    <Card title={title} flush>
      <Table.ScrollContainer minWidth={360}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{title}</Table.Th>
              <Table.Th ta="right">{t('survey.answers')}</Table.Th>
              <Table.Th ta="right">{t('survey.share')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.map((one) => (
              <Table.Tr key={one.id} fw={one.id === own ? 700 : undefined}>
                <Table.Td>
                  {tx(one.name)} {one.id === own && <Tag kind="open">{t('survey.own')}</Tag>}
                </Table.Td>
                <Table.Td ta="right">{number(one.n)}</Table.Td>
                <Table.Td ta="right">{percent(one.out_of_support / one.n)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

function Ours({ survey }: { survey: Survey }) {
  const { t, percent, number } = useWords();
  const { survey: deck } = useGuideline();
  const ours = outOf(survey.tally);
  const kind = ours === undefined ? 'warn' : ours > 0 ? 'bad' : 'good';
  return (
    <>
      <Card>
        <div className={`say ${kind}`} style={{ fontSize: '1.3rem', fontWeight: 650 }}>
          {ours === undefined
            ? t('survey.nothing')
            : t('survey.ours', {
                n: number(survey.tally.fail),
                of: number(survey.tally.pass + survey.tally.fail),
                share: percent(ours),
              })}
        </div>
        <p className="soft" style={{ marginBottom: 0 }}>
          {t('survey.all', { share: percent(deck.all.out_of_support / deck.all.n), n: number(deck.all.n) })}
          {survey.tally.unknown > 0 && ` ${t('survey.unknown', { n: number(survey.tally.unknown) })}`}
          {survey.stale > 0 && ` ${t('survey.stale', { n: number(survey.stale) })}`}
        </p>
      </Card>
      <Card title={t('survey.systems')} flush>
        {survey.systems.length === 0 ? (
          <Empty>{t('devices.empty')}</Empty>
        ) : (
          <Table.ScrollContainer minWidth={480}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('survey.system')}</Table.Th>
                  <Table.Th ta="right">{t('survey.devices')}</Table.Th>
                  <Table.Th>{t('survey.support')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {survey.systems.map(({ id, version, name, tally }) => {
                  const all = tally.pass + tally.fail + tally.unknown;
                  const label = name || t('survey.unnamed');
                  return (
                    <Table.Tr key={`${id} ${version} ${name}`}>
                      <Table.Td>{label}</Table.Td>
                      <Table.Td ta="right">{number(all + tally.not_applicable)}</Table.Td>
                      <Table.Td>
                        {all > 0 && (
                          <ShareBar
                            share={{
                              met: tally.pass / all,
                              failing: tally.fail / all,
                              unknown: tally.unknown / all,
                            }}
                            label={label}
                          />
                        )}
                        {tally.fail > 0 && (
                          <Tag kind="fail">{t('survey.ended', { n: number(tally.fail) })}</Tag>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Card>
    </>
  );
}

export default function SurveyPage() {
  const { t } = useWords();
  const { survey: deck } = useGuideline();
  const organisation = useApi('/organisation');
  return (
    <Page title={t('survey.title')} text={t('survey.text')}>
      <Ask path="/survey">{(survey) => <Ours survey={survey} />}</Ask>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Classes title={t('survey.industries')} list={deck.industries} own={organisation.data?.industry} />
        <Classes title={t('survey.sizes')} list={deck.sizes} own={organisation.data?.size} />
      </SimpleGrid>
      <p className="soft">{t('survey.source')}</p>
    </Page>
  );
}
