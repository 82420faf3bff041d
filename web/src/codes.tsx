// SPDX-License-Identifier: Apache-2.0
// Recovery codes are shown once. Whoever leaves that page before they said that they have them is told so on the next.
import { Anchor, Button, Group } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useWords } from './i18n';

const mark = 'recovery-codes';

export const codesShown = () => sessionStorage.setItem(mark, 'shown');
export const codesKept = () => sessionStorage.removeItem(mark);

export function CodesLeft() {
  const { t } = useWords();
  const [left, setLeft] = useState(() => sessionStorage.getItem(mark) !== null);
  if (!left) return null;
  return (
    <div role="status" className="say warn" style={{ marginBottom: '1rem' }}>
      <p style={{ marginTop: 0 }}>{t('enrol.codes.lost')}</p>
      <Group gap="sm">
        <Anchor component={Link} href="/account" underline="always">
          {t('nav.account')}
        </Anchor>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            codesKept();
            setLeft(false);
          }}
        >
          {t('enrol.codes.lost.kept')}
        </Button>
      </Group>
    </div>
  );
}
