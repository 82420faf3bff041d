// SPDX-License-Identifier: Apache-2.0
// Words of the pages on web applications, in Japanese and English side by side.
export const applications = {
  'apps.title': ['アプリケーション', 'Applications'],
  'apps.text': [
    '使える Web アプリケーションと、使えないものの理由です。端末ごとに判断されます。',
    'Web applications that are open to you, and why others are not. It is decided for each device.',
  ],
  'apps.none': [
    'アプリケーションはまだありません。管理者が設定すると、ここに並びます。',
    'There are no applications yet. Those that the administrator sets up are listed here.',
  ],
  'apps.open': ['{{name}} を開く', 'Open {{name}}'],
  'apps.nodevice': ['登録されていない端末', 'A device that is not registered'],
  'apps.allow': ['使えます', 'Open'],
  'apps.step_up': ['もう一度、二要素認証が必要です', 'Second factor needed once more'],
  'apps.deny': ['使えません', 'Not open'],
  'apps.confirm.title': ['SSH で使う端末', 'Devices for SSH'],
  'apps.confirm.text': [
    'SSH の画面では二要素認証を示せません。使う端末を選んで、ここで示してから接続してください。自分が今から接続するときだけ押してください。',
    'No second factor can be shown at an SSH terminal. Choose the device that you use, show it here, and connect then. Do so only when you are about to connect yourself.',
  ],
  'apps.confirm': ['二要素認証を示す', 'Show the second factor'],
  'apps.confirm.on': ['{{name}}: 二要素認証を示す', '{{name}}: show the second factor'],
  'apps.confirmed': ['最後に示したとき: {{when}}', 'Last shown: {{when}}'],
  'apps.confirm.never': ['まだ示していません', 'Not shown yet'],
  'apps.going': ['アプリケーションに戻っています', 'Going back to the application'],
} as const satisfies Record<string, readonly [string, string]>;
