// SPDX-License-Identifier: Apache-2.0
// What is looked at and kept of whom: for everybody, also before signing in, and to be printed and handed out.
import { Button, List, Table } from '@mantine/core';
import type { Schemas } from '../api';
import { learn, useWords } from '../i18n';
import { Ask, Card, Page } from '../parts';
import type { Word } from '../words';
import { privacy } from '../words/privacy';

learn(privacy);

type Kept = Schemas['Privacy'];

const leaves = ['results', 'paths', 'system', 'programs', 'wifi', 'times'] as const;
const never = ['files', 'mail', 'web', 'place', 'input', 'secrets'] as const;
const readers = ['administrators', 'self', 'partner', 'nobody'] as const;
/** What goes by itself, of which nothing is set. */
const fixed = ['sessions', 'links', 'programs', 'clouds', 'traffic', 'log'] as const;

function Points({ of, names }: { of: string; names: readonly string[] }) {
  const { t } = useWords();
  return (
    <List spacing={4}>
      {names.map((name) => (
        <List.Item key={name}>{t(`privacy.${of}.${name}` as Word)}</List.Item>
      ))}
    </List>
  );
}

function Times({ kinds }: { kinds: Kept['kinds'] }) {
  const { t } = useWords();
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('privacy.kind')}</Table.Th>
          <Table.Th>{t('privacy.howlong')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {kinds.map(({ id, days }) => (
          <Table.Tr key={id}>
            <Table.Td>{t(`privacy.kind.${id}` as Word)}</Table.Td>
            <Table.Td>{t(`privacy.until.${id}` as Word, { n: days })}</Table.Td>
          </Table.Tr>
        ))}
        {fixed.map((id) => (
          <Table.Tr key={id}>
            <Table.Td>{t(`privacy.kind.${id}` as Word)}</Table.Td>
            <Table.Td>{t(`privacy.until.${id}` as Word)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export default function Privacy() {
  const { t, tx } = useWords();
  return (
    <Ask path="/privacy">
      {(kept) => (
        <Page
          title={t('privacy.title')}
          text={t('privacy.text', { name: kept.organisation || t('privacy.firm') })}
          aside={
            <Button variant="default" onClick={() => window.print()}>
              {t('privacy.print')}
            </Button>
          }
        >
          <Card title={t('privacy.looks')}>
            <p style={{ marginTop: 0 }}>{t('privacy.looks.text')}</p>
            <List spacing={2} style={{ columns: '20rem' }}>
              {kept.looks.map((one) => (
                <List.Item key={one.ja}>{tx(one)}</List.Item>
              ))}
            </List>
          </Card>
          <Card title={t('privacy.leaves')}>
            <Points of="leaves" names={leaves} />
          </Card>
          <Card title={t('privacy.never')}>
            <Points of="never" names={never} />
          </Card>
          <Card title={t('privacy.readers')}>
            <Points of="readers" names={readers} />
          </Card>
          <Card title={t('privacy.times')}>
            <Times kinds={kept.kinds} />
          </Card>
          <Card title={t('privacy.own')}>{t('privacy.own.text')}</Card>
          <Card title={t('privacy.rights')}>{t('privacy.rights.text')}</Card>
        </Page>
      )}
    </Ask>
  );
}
