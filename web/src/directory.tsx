// SPDX-License-Identifier: Apache-2.0
// The tokens by which the company's directory sends people (SCIM).
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useChange } from './api';
import { Failed, ToCopy } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Ask, Card, Result } from './parts';

export function Directory() {
  const { t, day } = useWords();
  const [name, setName] = useState('');
  const make = useChange(
    () => call('POST', '/directory/tokens', { name }),
    () => setName(''),
  );
  const remove = useChange((id: number) => call('DELETE', `/directory/tokens/${id}`));
  const failed = make.error ?? remove.error;
  return (
    <Card title={t('directory.title')}>
      <Stack>
        <p className="soft" style={{ margin: 0 }}>
          {t('directory.text')}
        </p>
        <Ask path="/directory/tokens">
          {({ items, url }) => (
            <>
              <ToCopy text={url} id="scim-url" />
              {items.map((one) => (
                <Group key={one.id} justify="space-between">
                  <span>
                    {one.name}{' '}
                    <span className="soft">
                      {one.by?.name} · {t('account.used')}: {day(one.used_at)}
                    </span>
                  </span>
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => remove.mutate(one.id)}
                    aria-label={`${t('app.remove')}: ${one.name}`}
                  >
                    {t('app.remove')}
                  </Button>
                </Group>
              ))}
            </>
          )}
        </Ask>
        <Form error={failed} submit={() => make.mutate(undefined)}>
          <Stack>
            <Field at="/name">
              <TextInput
                label={t('directory.name')}
                value={name}
                onChange={(e) => setName(e.currentTarget.value)}
              />
            </Field>
            {failed && <Failed error={failed} />}
            <div>
              <Button type="submit" disabled={!name.trim()} loading={make.isPending}>
                {t('account.make')}
              </Button>
            </div>
          </Stack>
        </Form>
        {make.data && (
          <Result title={t('account.shown')}>
            <ToCopy text={make.data.token} id="scim-token" />
          </Result>
        )}
      </Stack>
    </Card>
  );
}
