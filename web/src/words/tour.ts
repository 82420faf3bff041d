// SPDX-License-Identifier: Apache-2.0
// Words of the demo's tour, in Japanese and English side by side.
export const tour = {
  'tour.title': ['5 分で見て回る', 'A tour of five minutes'],
  'tour.text': [
    '商社「あかつき商事」の見本です。PC の結果は、架空の PC から読んだ設定を、実際のエージェントと同じ仕組みで判定したものです。',
    'A made-up trading firm. What is shown of its PCs was judged from made-up settings as the agent judges those of real ones.',
  ],
  'tour.away': ['この案内を閉じる', 'Close this tour'],
  'tour.open': ['見る', 'Look'],
  'tour.first': ['まず直すこと', 'What to fix first'],
  'tour.first.text': [
    '最優先（◎）のうち何が要対応か、何台が該当するか、どう直すかが、上から順に並びます。担当と期限もここで決められます。',
    'Of the most urgent items (◎): what fails, on how many devices, and how to fix it, in that order. Owner and due date are given here.',
  ],
  'tour.devices': ['要対応の端末', 'Devices that need fixing'],
  'tour.devices.text': [
    '名前を開くと、どの設定のどの値を何と比べた結果かが分かります。サポートの終わった Windows 10 を探してみてください。',
    'Open one to see which setting, with which value, was held against what. Look for a Windows 10, whose support has ended.',
  ],
  'tour.gear': ['VPN 装置・ルーター・NAS', 'VPN devices, routers and a NAS'],
  'tour.gear.text': [
    'ファームウェアのバージョンから、実際の攻撃に使われている脆弱性があるかを判定します。',
    'The version of their firmware tells whether they are open to a vulnerability that is used in real attacks.',
  ],
  'tour.survey': ['機械では分からないこと', 'What no machine can see'],
  'tour.survey.text': [
    'ルールや教育についての質問に、一問ずつ答えます。分からないものは、知っている人に回せます。',
    'Questions on rules and training, one at a time. What you do not know goes to somebody who does.',
  ],
  'tour.incidents': ['トラブルが起きたとき', 'When something goes wrong'],
  'tour.incidents.text': [
    '従業員が不審なメールの添付ファイルを開いたと報告しています。被害を広げない順に、対応の手順が出ます。',
    'Somebody reports that they opened an attachment. What to do comes in the order that does no further harm.',
  ],
  'tour.reports': ['人に渡すもの', 'What to hand to others'],
  'tour.reports.text': [
    '経営者向けの 1 ページ、管理者向けのレポート、取引先が署名を確かめられるレポートを、ここで作れます。',
    'One page for executives, the report for administrators, and a statement whose signature a partner can check.',
  ],
  'tour.others': [
    'ほかの人の画面は、サインアウトして executive@demo.example（経営者）や worker@demo.example（従業員）で見られます。パスワードは同じです。',
    'To see what others see, sign out and come back as executive@demo.example or worker@demo.example, with the same password.',
  ],
} as const satisfies Record<string, readonly [string, string]>;
