// SPDX-License-Identifier: Apache-2.0
// Whom to call in an incident: the organisation fills it in, and it can be printed.
import { Button, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { type Schemas } from './api';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { NotSaved, useFilledIn } from './overtaken';
import { Ask, Card, manages, Page, seesAll, useGuideline, useMe } from './parts';

type Contacts = Schemas['Contacts'];

/** Whom everybody calls in the firm; those outside are called by whoever responds. */
const inside = ['emergency', 'responsible'];

function ContactTable({ given, only }: { given: Contacts; only?: string[] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const contacts = guideline.contacts.filter((one) => !only || (only.includes(one.id) && given[one.id]));
  if (contacts.length === 0) return <p style={{ margin: 0 }}>{t('contacts.unknown')}</p>;
  return (
    <table className="plain" style={{ width: '100%' }}>
      <tbody>
        {contacts.map((one) => (
          <tr key={one.id}>
            <th scope="row" style={{ textAlign: 'left', verticalAlign: 'top' }}>
              {only && one.id === 'emergency' ? t('contacts.call') : tx(one.name)}
              {!only && (
                <div className="soft" style={{ fontWeight: 400 }}>
                  {tx(one.when)}
                </div>
              )}
            </th>
            <td>{given[one.id] || <span className="soft">{t('contacts.none')}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ContactsCard() {
  const { t } = useWords();
  const me = useMe();
  return (
    <Card title={t('contacts.title')}>
      <Ask path="/contacts">
        {(given) => <ContactTable given={given} only={seesAll(me) ? undefined : inside} />}
      </Ask>
      {seesAll(me) && (
        <p className="soft">
          <Link href="/incidents/paper">{t('contacts.paper')}</Link>
          {manages(me) && (
            <>
              {' · '}
              <Link href="/settings">{t('contacts.edit')}</Link>
            </>
          )}
        </p>
      )}
    </Card>
  );
}

export function ContactsForm({ given }: { given: Contacts }) {
  const { t, tx } = useWords();
  const { contacts } = useGuideline();
  const [values, setValues] = useState(given);
  const saving = useFilledIn('/contacts', given, () => values);
  const { save } = saving;
  return (
    <Card title={t('contacts.title')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack gap="xs">
          {contacts.map((one) => (
            <Field at={`/${one.id}`} key={one.id}>
              <TextInput
                label={tx(one.name)}
                description={tx(one.when)}
                value={values[one.id] ?? ''}
                onChange={(e) => setValues({ ...values, [one.id]: e.currentTarget.value })}
              />
            </Field>
          ))}
          <NotSaved saving={saving} />
          <Button type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Stack>
      </Form>
    </Card>
  );
}

/** One paper for the wall: whom to call, and the first steps of each kind of trouble. */
export default function IncidentPaper() {
  const { t, tx } = useWords();
  const { responses } = useGuideline();
  return (
    <Page
      title={t('contacts.paper')}
      text={t('contacts.papertext')}
      aside={<Button onClick={() => window.print()}>{t('contacts.print')}</Button>}
    >
      <Card title={t('contacts.title')}>
        <Ask path="/contacts">{(given) => <ContactTable given={given} />}</Ask>
      </Card>
      {responses.map((one) => (
        <Card key={one.id} title={tx(one.title)}>
          <ol style={{ margin: 0, paddingLeft: '1.3rem' }}>
            {one.steps.map((step) => (
              <li key={step.number}>{tx(step.text)}</li>
            ))}
          </ol>
        </Card>
      ))}
      <p className="soft">{t('incidents.stepsfrom')}</p>
    </Page>
  );
}
