// SPDX-License-Identifier: Apache-2.0
import {
  Anchor,
  Button,
  Checkbox,
  Group,
  Menu,
  Modal,
  Stack,
  Table,
  TextInput,
  VisuallyHidden,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useApi, useChange, type Schemas, type Answer } from '../api';
import { Failed, Loading, ToCopy } from '../basics';
import { AddressWarning } from '../addresses';
import { CompanyAccounts } from '../company';
import { Directory } from '../directory';
import { EmergencyAccess } from '../emergency';
import { queryOf, useFilters } from '../filters';
import { Field, Form, NewPerson } from '../form';
import { useWords } from '../i18n';
import { InviteMany, Waiting } from '../invite';
import { ListBar, Totals } from '../lists';
import { administers, Ask, Card, Empty, Page, roleWord, Tag, useMe, Result } from '../parts';
import { PersonData } from '../privacy';
import { PersonRisk } from '../risk';

type Person = Schemas['Person'];
type Ends = Answer<'/people/{id}', 'PUT'>;
const names = ['q', 'only', 'role', 'state', 'sort'] as const;
const onlys = ['unprotected', 'never'] as const;
const sorts = ['worst', 'name', 'seen'] as const;
const roles = ['administrator', 'executive', 'teleworker', 'auditor'] as const;

export function RoleBoxes({ value, set }: { value: string[]; set: (value: string[]) => void }) {
  const { t } = useWords();
  return (
    <Field at="/roles">
      <Checkbox.Group label={t('people.roles')} value={value} onChange={set}>
        <Stack gap={6} mt={6}>
          {roles.map((role) => (
            <Checkbox key={role} value={role} label={t(roleWord(role))} />
          ))}
        </Stack>
      </Checkbox.Group>
    </Field>
  );
}

export function InviteForm({ roles: first = ['teleworker'] }: { roles?: string[] }) {
  const { t } = useWords();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [chosen, setChosen] = useState<string[]>(first);
  const invite = useChange(
    () => call('POST', '/invitations', { name, email, roles: chosen }),
    () => {
      setName('');
      setEmail('');
    },
  );
  return (
    <Form error={invite.error} submit={() => invite.mutate(undefined)}>
      <Stack>
        <NewPerson name={name} setName={setName} email={email} setEmail={setEmail} />
        <RoleBoxes value={chosen} set={setChosen} />
        {invite.error && <Failed error={invite.error} />}
        <Button type="submit" loading={invite.isPending} disabled={chosen.length === 0}>
          {t('people.invite')}
        </Button>
        {invite.data && (
          <Result title={t('people.link')}>
            <p style={{ marginTop: 0 }}>
              {t('people.linktext')} {invite.data.mailed && t('people.mailed')}
            </p>
            <ToCopy text={invite.data.link} id="invitation-link" />
          </Result>
        )}
      </Stack>
    </Form>
  );
}

/** What is without an owner once they are gone. */
function Owns({ person }: { person: Person }) {
  const { t } = useWords();
  const handed = useApi('/assignments');
  if (!handed.data) return handed.error ? <Failed error={handed.error} /> : <Loading />;
  const items = handed.data.items.filter((one) => !one.done && one.person?.id === person.id).length;
  if (items + person.devices === 0) return null;
  return (
    <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
      {t('people.owns', { items, devices: person.devices })}
    </p>
  );
}

function Edit({ person, close }: { person: Person; close: () => void }) {
  const { t } = useWords();
  const [name, setName] = useState(person.name);
  const [chosen, setChosen] = useState<string[]>(person.roles);
  const [active, setActive] = useState(person.state === 'active');
  const wanted = { name, roles: chosen, state: active ? 'active' : 'disabled' };
  const save = useChange(() => call('PUT', `/people/${person.id}`, wanted), close);
  // What would end with it is said before anything does.
  const look = useMutation<Ends, Error, undefined>({
    mutationFn: () => call('PUT', `/people/${person.id}?try=yes`, wanted),
    onSuccess: (ends) => ends.invitations + ends.links === 0 && save.mutate(undefined),
  });
  const ends = look.data && look.data.invitations + look.data.links > 0 ? look.data : null;
  const end = useChange(() => call('DELETE', `/people/${person.id}/sessions`), close);
  const reset = useChange(() => call('DELETE', `/people/${person.id}/factors`), close);
  const unlink = useChange(() => call('DELETE', `/people/${person.id}/company-account`), close);
  const failed = save.error ?? look.error ?? end.error ?? reset.error ?? unlink.error;
  return (
    <Form error={failed} submit={() => (ends ? save : look).mutate(undefined)}>
      <Stack>
        <Field at="/name">
          <TextInput label={t('setup.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        </Field>
        <RoleBoxes
          value={chosen}
          set={(roles) => {
            setChosen(roles);
            look.reset();
          }}
        />
        <Checkbox
          label={t('state.active')}
          checked={active}
          onChange={(e) => {
            setActive(e.currentTarget.checked);
            look.reset();
          }}
        />
        {ends && (
          <p role="alert" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
            {t('people.ends', ends)}
          </p>
        )}
        {!active && person.state === 'active' && <Owns person={person} />}
        {failed && <Failed error={failed} />}
        <Group>
          <Button type="submit" loading={save.isPending || look.isPending}>
            {t(ends ? 'people.ends.save' : 'app.save')}
          </Button>
          <Menu>
            <Menu.Target>
              <Button variant="default">…</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => end.mutate(undefined)}>{t('people.endsessions')}</Menu.Item>
              <Menu.Item onClick={() => reset.mutate(undefined)}>{t('people.reset')}</Menu.Item>
              {person.company_account && (
                <Menu.Item onClick={() => unlink.mutate(undefined)}>{t('people.unlink')}</Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </Group>
        <Anchor component={Link} href={`/access/timeline?person=${person.id}`}>
          {t('nav.timeline')}
        </Anchor>
        <PersonRisk id={person.id} />
        <PersonData person={person} done={close} />
      </Stack>
    </Form>
  );
}

export default function People() {
  const { t, time, number } = useWords();
  const me = useMe();
  const [inviting, invite] = useDisclosure(location.hash.startsWith('#invite'));
  const [many, inviteMany] = useDisclosure(false);
  const [edited, setEdited] = useState<Person | null>(null);
  const [limit, setLimit] = useState(50);
  const { filters, narrow, any } = useFilters(names);
  const asked = queryOf({ ...filters, sort: filters.sort || sorts[0] });
  return (
    <Page
      title={t('nav.people')}
      text={t('people.text')}
      aside={
        administers(me) && (
          <Group gap="xs">
            <Button variant="default" onClick={inviteMany.open}>
              {t('people.many')}
            </Button>
            <Button onClick={invite.open}>{t('people.invite')}</Button>
          </Group>
        )
      }
    >
      <ListBar
        filters={filters}
        narrow={narrow}
        any={any}
        choices={[
          {
            name: 'only',
            label: t('people.only'),
            data: onlys.map((one) => ({ value: one, label: t(`people.only.${one}`) })),
          },
          {
            name: 'role',
            label: t('people.roles'),
            data: roles.map((one) => ({ value: one, label: t(roleWord(one)) })),
          },
          {
            name: 'state',
            label: t('devices.state'),
            data: (['active', 'disabled'] as const).map((one) => ({ value: one, label: t(`state.${one}`) })),
          },
        ]}
        sorts={sorts.map((one) => ({ value: one, label: t(`list.sort.${one}`) }))}
        csv={`/api/v1/people?format=csv&${asked}`}
      />
      {(administers(me) || me.roles.includes('auditor')) && <Waiting q={filters.q} />}
      <Ask path={`/people?${asked}&limit=${limit}`} keep>
        {({ items, next, totals }) => (
          <>
            <Totals>
              <strong>{t('people.total', { n: number(totals.all) })}</strong>
              {totals.unprotected > 0 && (
                <Tag kind="fail">{`${t('people.only.unprotected')} ${number(totals.unprotected)}`}</Tag>
              )}
              {totals.never > 0 && (
                <Tag kind="unknown">{`${t('people.only.never')} ${number(totals.never)}`}</Tag>
              )}
            </Totals>
            <Card flush>
              {items.length === 0 && <Empty>{t(any ? 'list.empty' : 'app.none')}</Empty>}
              <Table.ScrollContainer minWidth={620}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('setup.name')}</Table.Th>
                      <Table.Th>{t('people.roles')}</Table.Th>
                      <Table.Th>{t('people.factor')}</Table.Th>
                      <Table.Th>{t('people.seen')}</Table.Th>
                      <Table.Th>{t('nav.devices')}</Table.Th>

                      {administers(me) && (
                        <Table.Th>
                          <VisuallyHidden>{t('devices.edit')}</VisuallyHidden>
                        </Table.Th>
                      )}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((person) => (
                      <Table.Tr key={person.id}>
                        <Table.Td>
                          {person.name}{' '}
                          {person.state === 'disabled' && <Tag kind="disabled">{t('state.disabled')}</Tag>}
                          <div className="soft">{person.email}</div>
                        </Table.Td>
                        <Table.Td>{person.roles.map((role) => t(roleWord(role))).join(', ')}</Table.Td>
                        <Table.Td>
                          <Tag kind={person.second_factor ? 'pass' : 'unknown'}>
                            {t(person.second_factor ? 'people.factor.yes' : 'people.factor.no')}
                          </Tag>
                        </Table.Td>
                        <Table.Td>{person.seen_at ? time(person.seen_at) : t('people.never')}</Table.Td>
                        <Table.Td>{person.devices}</Table.Td>
                        {administers(me) && (
                          <Table.Td>
                            <Button
                              size="compact-sm"
                              variant="default"
                              onClick={() => setEdited(person)}
                              aria-label={`${t('devices.edit')}: ${person.name}`}
                            >
                              {t('devices.edit')}
                            </Button>
                          </Table.Td>
                        )}
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
              {next !== null && limit < 500 && (
                <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 100))}>
                  {t('app.more')}
                </Button>
              )}
            </Card>
          </>
        )}
      </Ask>
      {administers(me) && <CompanyAccounts />}
      {administers(me) && <Directory />}
      {administers(me) && <EmergencyAccess />}
      <Modal
        opened={inviting}
        onClose={invite.close}
        title={t('people.invite')}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Stack>
          <AddressWarning />
          <InviteForm roles={location.hash === '#invite-administrator' ? ['administrator'] : undefined} />
        </Stack>
      </Modal>
      <Modal
        opened={many}
        onClose={inviteMany.close}
        size="lg"
        title={t('people.many')}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Stack>
          <AddressWarning />
          <InviteMany />
        </Stack>
      </Modal>
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited?.name}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {edited && <Edit key={edited.id} person={edited} close={() => setEdited(null)} />}
      </Modal>
    </Page>
  );
}
