namespace Stagedoor.Errors;

/// <summary>The codes of the identity service. The text is a prefix: handlers complete it with names and ids.</summary>
public static class IamCodes
{
    private static readonly ErrorTable s_table = new(
        "IAM.", Envelope.Iam, "iam", "Public reference: error codes of the identity and access management API");

    /// <summary>Every row of the service.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => s_table.Rows;

    public static readonly ErrorDefinition WrongPassword = s_table.Add(
        401, "0001", "The username or password is wrong.",
        en: new(
            "The account, the user or the password does not exist or does not match; one text for all of them, so that nobody can " +
            "probe for names.",
            "Check domain.name (the account) as well as user.name, the keyboard's case, and that the user may log in with a password; " +
            "five failures in 15 minutes lock the user."),
        zh: new(
            "账号、用户或密码不存在或不匹配；三种情况使用同一文本，以防止探测用户名。",
            "请同时检查 domain.name（账号）与 user.name、大小写，以及该用户是否可用密码登录；15 分钟内失败五次会锁定用户。"),
        provoke: "Ask for a token with a wrong password.",
        provokeChinese: "用错误的密码申请令牌。");

    public static readonly ErrorDefinition AuthenticationRequired = s_table.Add(
        401, "0001", "The request you have made requires authentication.",
        en: new(
            "A call under /v3 came without a token, or with one that cannot be verified.",
            "Get a token with POST /v3/auth/tokens and send the value of its X-Subject-Token header as X-Auth-Token, whole and " +
            "without quotes."),
        zh: new(
            "/v3 下的接口没有携带 Token，或 Token 无法验证。",
            "请用 POST /v3/auth/tokens 获取 Token，并把响应头 X-Subject-Token 的值完整地、不带引号地作为 X-Auth-Token 发送。"),
        provoke: "GET /v3/auth/projects without a token.",
        provokeChinese: "不带令牌 GET /v3/auth/projects。");

    public static readonly ErrorDefinition NotAuthorized = s_table.Add(
        403, "0002", "You are not authorized to perform the requested action.",
        en: new(
            "The token is good, but users, keys or projects of somebody else may only be managed by a security administrator.",
            "For your own keys and password use your own user id; for others ask for the Security Administrator role, and take a " +
            "token scoped to the account rather than to a project."),
        zh: new(
            "Token 有效，但只有安全管理员才能管理他人的用户、密钥或项目。",
            "管理自己的密钥和密码请使用自己的用户 ID；管理他人请申请 Security Administrator 角色，并使用账号级而非项目级的 Token。"),
        provoke: "Delete another user as an ordinary user.",
        provokeChinese: "以普通用户删除另一个用户。");

    public static readonly ErrorDefinition PolicyDenied = s_table.Add(
        403, "0003", "Policy doesn't allow",
        en: new(
            "No role of the user allows the action that the text names.",
            "Ask a security administrator for the role Security Administrator (secu_admin) in the account; it is granted with " +
            "PUT /v3/domains/{domain_id}/users/{user_id}/roles/{role_id}, and GET /v3/roles lists the ids."),
        zh: new(
            "用户的任何角色都不允许文本中所述的操作。",
            "请让安全管理员在账号下授予 Security Administrator（secu_admin）角色：" +
            "PUT /v3/domains/{domain_id}/users/{user_id}/roles/{role_id}；角色 ID 可用 GET /v3/roles 查询。"),
        provoke: "List the users as a user without any role.",
        provokeChinese: "以没有任何角色的用户列出用户。");

    public static readonly ErrorDefinition NotFound = s_table.Add(
        404, "0004", "Could not find",
        en: new(
            "No user, project, access key or agency of this id exists in the account; the text goes on with type and id.",
            "Use ids (32 hexadecimal digits), not names, in paths, and list with GET /v3/users, /v3/projects or " +
            "/v3.0/OS-CREDENTIAL/credentials."),
        zh: new(
            "账号下不存在该 ID 的用户、项目、访问密钥或委托；文本后续给出类型与 ID。",
            "路径中请使用 ID（32 位十六进制）而不是名称，可用 GET /v3/users、/v3/projects 或 /v3.0/OS-CREDENTIAL/credentials 列出。"),
        provoke: "GET /v3/projects/{id} with an unknown id.",
        provokeChinese: "用未知的 ID GET /v3/projects/{id}。");

    public static readonly ErrorDefinition Conflict = s_table.Add(
        409, "0005", "Conflict occurred when attempting to store",
        en: new(
            "A user, project or agency of this name exists already in the account.",
            "Get the existing one by name and use it, or choose another name; scripts that create on every run should look first."),
        zh: new(
            "账号下已存在同名的用户、项目或委托。",
            "请按名称查询并使用已有对象，或更换名称；每次运行都创建的脚本应先查询。"),
        provoke: "Create the same user twice.",
        provokeChinese: "创建同一用户两次。");

    public static readonly ErrorDefinition Internal = s_table.Add(
        500, "0006", "An unexpected error prevented the server from fulfilling your request.",
        en: new(
            "The identity store failed while the request was worked on; passwords, keys and grants are as they were before.",
            "Repeat it; a new access key whose secret you did not get to see must be deleted and created again, because secrets are " +
            "shown only once."),
        zh: new(
            "处理请求时身份存储发生故障；密码、密钥和授权保持不变。",
            "请重试；如果新建的访问密钥没有看到 SK，请删除后重新创建，因为 SK 只显示一次。"),
        provoke: "Let the identity database refuse new users and create one.",
        provokeChinese: "让身份数据库拒绝新增用户，然后创建用户。");

    public static readonly ErrorDefinition InvalidBody = s_table.Add(
        400, "0011", "The request body is invalid",
        en: new(
            "The body is not JSON or lacks a member that the operation needs.",
            "For a token the nesting is auth.identity.methods, auth.identity.password.user with its domain, and auth.scope; compare " +
            "with an example that works, member by member."),
        zh: new(
            "请求体不是 JSON，或缺少该操作所需的字段。",
            "申请 Token 的结构为 auth.identity.methods、auth.identity.password.user（含 domain）和 auth.scope；请与可用的示例逐项比较。"),
        provoke: "Ask for a token with the body {}.",
        provokeChinese: "以请求体 {} 申请令牌。");

    public static readonly ErrorDefinition AkSkNumExceed = s_table.Add(
        400, "0011", "akSkNumExceed",
        en: new(
            "The user has two access keys already, which is the most one may have.",
            "List them with GET /v3.0/OS-CREDENTIAL/credentials?user_id={id}, look at last_use_time, and delete the one that is not " +
            "used; to rotate, make the old one inactive first."),
        zh: new(
            "该用户已有两个访问密钥，达到上限。",
            "请用 GET /v3.0/OS-CREDENTIAL/credentials?user_id={id} 列出并查看 last_use_time，删除不用的一个；轮换时请先把旧密钥设为 " +
            "inactive。"),
        provoke: "Create a third access key for a user.",
        provokeChinese: "为用户创建第三个访问密钥。");

    public static readonly ErrorDefinition Throttled = s_table.Add(
        429, "0012", "The throttling threshold has been reached.",
        en: new(
            "Too many identity calls in a short time, typically one token request per API call.",
            "Keep a token and use it until shortly before it expires (24 hours by default), or sign requests with " +
            "AK/SK; then wait the seconds of Retry-After. Operator: Gateway:LoginsPerMinute sets the limit."),
        zh: new(
            "短时间内身份接口调用过多，典型原因是每次调用接口都重新申请 Token。",
            "请保存令牌并一直用到临近过期（默认 24 小时），或使用 AK/SK 签名；然后等待 Retry-After 指" +
            "明的秒数。运维：上限由 Gateway:LoginsPerMinute 设置。"),
        provoke: "Ask for tokens in a loop until the limit is reached.",
        provokeChinese: "循环申请令牌直至达到上限。");

    public static readonly ErrorDefinition AccountLocked = s_table.Add(
        401, "0061", "Account locked.",
        en: new(
            "Too many wrong passwords in a row; the right one is refused as well until the lock ends.",
            "Wait 15 minutes (Gateway:LockoutMinutes says how long), and find the forgotten script or CI variable that " +
            "still uses the old password before it locks the user again."),
        zh: new(
            "连续多次密码错误；在锁定结束前，正确的密码也会被拒绝。",
            "请等待 15 分钟（时长由 Gateway:LockoutMinutes 设置），并在用户再次被锁定之前找出仍在" +
            "使用旧密码的脚本或 CI 变量。"),
        provoke: "Send five wrong passwords and then the right one.",
        provokeChinese: "连续发送五次错误密码，再发送正确的密码。");

    public static readonly ErrorDefinition ProgrammaticAccessDenied = s_table.Add(
        403, "0081", "This user only supports console access, not programmatic access.",
        en: new(
            "The user was created for the console and may neither sign requests nor hold access keys.",
            "Create a separate user with access_mode programmatic for scripts, or let an administrator change this one to default."),
        zh: new(
            "该用户仅可访问控制台，不能签名请求，也不能拥有访问密钥。",
            "请为脚本另建 access_mode 为 programmatic 的用户，或由管理员将该用户改为 default。"),
        provoke: "Create an access key for a user whose access_mode is console.",
        provokeChinese: "为 access_mode 为 console 的用户创建访问密钥。");

    public static readonly ErrorDefinition UserDisabled = s_table.Add(
        403, "0082", "The user is disabled",
        en: new(
            "The user named in the text exists and the credential is right, but an administrator has disabled the user.",
            "An administrator can enable it with PATCH /v3/users/{id}; tokens from before stay revoked, so log in again afterwards."),
        zh: new(
            "文本中所述的用户存在且凭据正确，但已被管理员停用。",
            "管理员可用 PATCH /v3/users/{id} 启用；之前的 Token 仍然失效，启用后请重新登录。"),
        provoke: "Disable a user and ask for a token with its password.",
        provokeChinese: "禁用用户后用其密码申请令牌。");
}
