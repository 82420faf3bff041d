// SPDX-License-Identifier: Apache-2.0
// Words of the page on clouds and meetings, in Japanese and English side by side.
export const clouds = {
  'clouds.text': [
    'Microsoft 365、Zoom などから書き出した設定を読み、外に開いているもの、パスワードだけで入れる人、知らない人が入れる会議と、直す場所を示します。',
    'Reads settings that were exported from Microsoft 365, Zoom and others, and says what is open to the world, who signs in with a password alone, which meetings strangers may enter, and where to mend it.',
  ],
  'clouds.none': [
    'まだ何も読んでいません。下の手順で設定を書き出し、ファイルを選んでください。',
    'Nothing was read yet. Export settings as told below, and choose the files.',
  ],
  'clouds.read': ['設定を読む', 'Read settings'],
  'clouds.again': ['読み直す', 'Read anew'],
  'clouds.files': ['書き出したファイル', 'Exported files'],
  'clouds.files.why': [
    '設定と人の一覧は一緒に選んでください。合わせて 7 MB まで。ファイルそのものは残しません。',
    'Choose settings and the list of people together; 7 MB in all. The files themselves are not kept.',
  ],
  'clouds.emergency': ['緊急用のアカウント（二つまで）', 'Accounts for emergencies (two at most)'],
  'clouds.emergency.why': [
    'サインイン名を空白で区切ります。条件から外していても、漏れとは数えません。',
    'Sign-in names, parted by spaces: leaving them out of policies is no fault.',
  ],
  'clouds.toobig': [
    'ファイルが合わせて {{mb}} MB あります。7 MB を超えるときは、サーバーで sekisho cloud check を使ってください。',
    'The files have {{mb}} MB together. For more than 7 MB use sekisho cloud check on the server.',
  ],
  'clouds.moved': ['会社のテナント（アカウント）が変わった', 'The firm has another account (tenant) now'],
  'clouds.moved.why': [
    '前のテナントについて読んだ結果は、新しい結果に置き換えます。',
    'What was read of the one before gives way to what these files say.',
  ],
  'clouds.how': ['設定の書き出し方', 'How to export settings'],
  'clouds.how.script': [
    'Microsoft 365（人、メール、Teams、SharePoint の共有、Intune）: 管理者の Windows で次のスクリプトを動かします。読むだけで、読むものを先に示します。できた二つのファイルを一緒に選びます。P1 の契約は不要です。',
    'Microsoft 365 (people, email, Teams, sharing in SharePoint, Intune): run this script on an administrator’s Windows. It only reads, and says first what. Choose its two files together. It needs no P1 contract.',
  ],
  'clouds.how.script.get': ['書き出しのスクリプト（PowerShell）', 'Export script (PowerShell)'],
  'clouds.how.m365': [
    'OneDrive、リンクの期限、メールの DNS も含めて Microsoft 365: 管理者の PC で ScubaGear（米国 CISA の無料ツール）を「グローバル閲覧者」の権限で動かし、できた ProviderSettingsExport.json を選びます。この権限では何も変更できません。',
    'Microsoft 365 with OneDrive, how long links last and DNS of email: run ScubaGear (a free tool by CISA of the United States) on an administrator’s PC as Global Reader, and choose the ProviderSettingsExport.json that it makes. That right changes nothing.',
  ],
  'clouds.how.other': [
    'ほかのサービス: サーバーで sekisho cloud read zoom --to zoom.json のように動かすと、設定と人の一覧を読んで、ここで選べるファイルにします。サービスの名前は sekisho cloud read --help にあります。',
    'Other services: on the server, sekisho cloud read zoom --to zoom.json (and so on) reads the settings and people into a file that can be chosen here. sekisho cloud read --help lists the services.',
  ],
  'clouds.how.api': [
    'サーバーが毎週読む権限は、要らなくなったらサービスの側で取り消します。',
    'When the rights with which the server reads each week are no longer needed, take them back at the service:',
  ],
  'clouds.consent.m365': [
    'Microsoft 365: Entra 管理センター > エンタープライズ アプリケーション > そのアプリ > プロパティ > 削除。「アプリの登録」からも削除します。',
    'Microsoft 365: Entra admin center > Enterprise applications > the application > Properties > Delete; then App registrations > Delete.',
  ],
  'clouds.consent.google': [
    'Google Workspace: 管理コンソール > セキュリティ > API の制御 > ドメイン全体の委任 > 削除。サービス アカウントの鍵も消します。',
    'Google Workspace: Admin console > Security > API controls > Domain-wide delegation > Delete; then delete the key of the service account.',
  ],
  'clouds.consent.others': [
    'Zoom、Webex、Box、GitHub: それぞれの管理画面でアプリかトークンを消します。最後に、サーバーの資格情報のファイルを消します。',
    'Zoom, Webex, Box, GitHub: delete the app or token in their administration. Then delete the file of the credential on the server.',
  ],
  'clouds.taken': [
    '{{by}} が {{at}} に読みました。設定は {{made}} のものです。',
    'Read by {{by}} at {{at}}; the settings are of {{made}}.',
  ],
  'clouds.taken.server': [
    'サーバーが {{at}} に読みました。設定は {{made}} のものです。',
    'Read by the server at {{at}}; the settings are of {{made}}.',
  ],
  'clouds.older': ['{{day}} の設定による', 'By the settings of {{day}}'],
  'clouds.until': ['{{day}} まで今の設定とみなします。', 'Taken for what is so until {{day}}.'],
  'clouds.old': [
    '古くなりました。設定をもう一度書き出して読んでください。',
    'Too old to say how things stand: export and read the settings again.',
  ],
  'clouds.open': [
    '外に開いているもの・パスワードだけで入れるものが {{n}} 件あります',
    '{{n}} {{n|setting is|settings are}} open to the world or entered with a password alone',
  ],
  'clouds.closed': [
    '外に開いているもの・パスワードだけで入れるものは、読めた範囲では見つかっていません',
    'Nothing open to the world or entered with a password alone was found in what could be read',
  ],
  'clouds.counts': [
    '要対応 {{fail}} · 不明 {{unknown}} · 問題なし {{pass}}',
    '{{fail}} to fix · {{unknown}} unknown · {{pass}} good',
  ],
  'clouds.where': ['直す場所', 'Where'],
  'clouds.guide': ['設定ガイド', 'Setting guide'],
  'clouds.guides': ['設定ガイド', 'Setting guides'],
  'clouds.severe': ['至急', 'Urgent'],
  'clouds.worse': ['前回は問題なし', 'Was good'],
  'clouds.better': ['前回は要対応', 'Was to fix'],
  'clouds.people': ['{{n}} 人', '{{n}} {{n|person|people}}'],
  'clouds.guest': ['ゲスト', 'Guest'],
  'clouds.unsure': ['不明', 'Not known'],
  'clouds.spare': ['緊急用', 'Emergency'],
  'clouds.nothing': ['何も判断できませんでした', 'Nothing could be judged'],
  'clouds.unknown': ['ほかに分からなかったもの（{{n}}）', 'Others that are not known ({{n}})'],
  'clouds.good': ['問題なし（{{n}}）', 'Good ({{n}})'],
  'clouds.elsewhere': ['対象外（{{n}}）', 'Not applicable ({{n}})'],
  'clouds.measures': ['関わる項目', 'Of these items'],
  'clouds.forget': ['読んだ結果を削除', 'Forget what was read'],
  'clouds.forget.why': [
    '名前も含めて消します。古くなってから一か月たつと、自動で消えます。',
    'With the names in it. It goes by itself a month after it is too old.',
  ],
  'clouds.counted': [
    '台帳で使っているサービスについて、対策の達成度に数えています。',
    'Counts among the measures for the services that the register says are in use.',
  ],
  'clouds.changed': ['前回から変わったもの', 'Changed since the reading before'],
  'readers.title': ['サーバーによる毎週の読み取り', 'Read by the server each week'],
  'readers.text': ['読むだけの権限でサービスに尋ねます', 'Asks services with rights that can only read'],
  'readers.good': ['読めています', 'Reads'],
  'readers.failed': ['読めません', 'Can’t read'],
  'readers.last': ['最後に読めた日時: {{at}}。', 'Last read: {{at}}.'],
  'readers.never': ['まだ読めていません。', 'Not read yet.'],
  'readers.next': ['次: {{at}}。', 'Next: {{at}}.'],
  'readers.why': ['{{at}} に読めませんでした: {{why}}', 'It failed at {{at}}: {{why}}'],
  'readers.now': ['今すぐ読む', 'Read now'],
  'readers.running': ['読んでいます…', 'Reading…'],
  'readers.none': [
    'このサーバーは、サービスを自分では読みません。',
    'This server asks no service by itself.',
  ],
  'readers.how': [
    '毎週読ませるには（{{n}} のサービス）',
    'How to have it read ({{n}} {{n|service|services}})',
  ],
  'readers.how.text': [
    '資格情報は画面からは受け取りません。サーバーのファイルに置くと、データベースにも、ログにも、バックアップにも入りません。',
    'Credentials aren’t taken here: in a file on the server they are in no database, log or backup.',
  ],
  'readers.how.file': [
    'サーバーの次のファイルに資格情報を書き、Sekisho のアカウントだけが読めるようにします（chmod 600）。',
    'Write the credential into this file on the server, which only Sekisho’s account may read (chmod 600).',
  ],
  'readers.how.form': [
    'ファイルの中身は次の形です。PEM のファイルも同じように守ります。',
    'It looks like this. A PEM file is to be guarded in the same way.',
  ],
  'readers.how.then': [
    '置くとすぐに一度読み、その後は毎週読みます。やめるには、ファイルを削除し、サービスの側でも権限を取り消します。',
    'It is read at once, and then each week. To end it, delete the file, and take the right back at the service.',
  ],
  'readers.right.microsoft365': [
    'Entra 管理センター > アプリの登録で、アプリを作り、証明書を登録します。アプリケーションの許可は User.Read.All、GroupMember.Read.All、RoleManagement.Read.Directory、Policy.Read.All、Organization.Read.All、AuditLog.Read.All（多要素認証の登録を知るため）です。P2 の契約があれば PrivilegedEligibilitySchedule.Read.AzureADGroup（グループに後から入れる人）、必要なら SharePointTenantSettings.Read.All（SharePoint の共有）、DeviceManagementConfiguration.Read.All と DeviceManagementManagedDevices.Read.All（Intune）も足します。どれも書き込めません。',
    'In Entra admin center > App registrations make an application with a certificate. Its application permissions: User.Read.All, GroupMember.Read.All, RoleManagement.Read.Directory, Policy.Read.All, Organization.Read.All, AuditLog.Read.All (who registered a second factor). With P2 also PrivilegedEligibilitySchedule.Read.AzureADGroup (who can join groups by PIM), and as you like SharePointTenantSettings.Read.All (sharing in SharePoint), DeviceManagementConfiguration.Read.All and DeviceManagementManagedDevices.Read.All (Intune). None can write.',
  ],
  'readers.right.google': [
    'サービス アカウントを作り、管理コンソール > セキュリティ > API の制御 > ドメイン全体の委任で、cloud-identity.policies.readonly と admin.directory の user、group、orgunit の readonly だけを許します。',
    'Make a service account, and in Admin console > Security > API controls > Domain-wide delegation allow it cloud-identity.policies.readonly and admin.directory.user, .group and .orgunit.readonly alone.',
  ],
  'readers.right.zoom': [
    'Zoom App Marketplace で Server-to-Server OAuth のアプリを作り、account:read:admin だけを許します。',
    'In Zoom App Marketplace make a Server-to-Server OAuth app with account:read:admin alone.',
  ],
  'readers.right.webex': [
    'サイト管理者の、会議の設定を読むトークンを作ります。',
    'Make a site administrator’s token that reads meeting settings.',
  ],
  'readers.right.box': [
    'クライアント資格情報のアプリを作り、企業の設定を読む権限だけを許します。',
    'Make an application with client credentials that may read the enterprise’s configuration.',
  ],
  'readers.right.github': [
    '組織の所有者の fine-grained token を作り、Organization の Administration と Members を Read だけにします。',
    'Make a fine-grained token of an owner: Organization administration and Members, read.',
  ],
} as const satisfies Record<string, readonly [string, string]>;
