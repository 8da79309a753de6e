namespace Stagedoor.Errors;

// Who the caller is and what they may do at all.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition AuthenticationFailed = Tables.Swr.Add(
        401, "4010000", "Authentication failed. The token may have expired.",
        en: new(
            "The credential was read but is no longer good: the token expired or was revoked, its user was disabled, or a bearer " +
            "token of the registry ran out.",
            "Fetch a new token with POST /v3/auth/tokens, or log in to the registry again; if a fresh one fails too, ask an " +
            "administrator whether the user is still enabled and compare the clocks of client and server."),
        zh: new(
            "凭据能够读出，但已失效：Token 过期或被吊销、用户被停用，或者镜像仓库的 Bearer Token 到期。",
            "请用 POST /v3/auth/tokens 重新获取 Token，或重新登录镜像仓库；如果新 Token 仍然失败，请让管理员确认用户是否启用，并核对客" +
            "户端与服务端的时钟。"),
        provoke: "Send any management call with an expired token, or disable the token's user and send it again.",
        provokeChinese: "用过期的令牌调用任意管理接口，或禁用令牌的用户后再次调用。");

    public static readonly ErrorDefinition TokenMissing = Tables.Swr.Add(
        400, "4001048", "Failed to get Token from Context",
        en: new(
            "The call reached the image service without any identity: neither X-Auth-Token nor a signed Authorization header was " +
            "sent, or a proxy stripped it on the way.",
            "Send one of the two headers; when the client does send it, call the server directly to find the proxy that drops " +
            "Authorization or X-Auth-Token."),
        zh: new(
            "请求到达镜像服务时不带任何身份：既没有 X-Auth-Token，也没有签名的 Authorization 头，或者被中间代理去掉了。",
            "请带上其中一个请求头；如果客户端确实发送了，请绕过代理直连服务端，找出丢弃该请求头的代理。"),
        provoke: "Call GET /v2/manage/namespaces without credentials on a listener that does not authenticate in front of the service.",
        provokeChinese: "在前端不做鉴权的监听地址上不带凭证 GET /v2/manage/namespaces。");

    public static readonly ErrorDefinition CrossAccountDenied = Tables.Swr.Add(
        401, "4011064", "Cross-account error. No permission.",
        en: new(
            "The credential is valid but belongs to another account than the organization, repository or project that is addressed, " +
            "and nothing shares it with you.",
            "Check which account the token or AK was issued for, and use one of the account that owns the organization."),
        zh: new(
            "凭据有效，但它所属的账号与被访问的组织、镜像仓库或项目不是同一个账号，且对方没有共享给您。",
            "请检查令牌或 AK 属于哪个账号，并改用拥有该组织的账号的凭证。"),
        provoke: "Read an organization of account A with a token of account B.",
        provokeChinese: "用账号 B 的令牌读取账号 A 的组织。");

    public static readonly ErrorDefinition RequestUnavailable = Tables.Swr.Add(
        403, "4031033", "The request is not available.",
        en: new(
            "The service refuses this caller or this kind of call for now: it is in maintenance (Images:Traffic:Maintenance) and takes no changes, or the " +
            "caller was blocked because too many of its requests were refused for their rate (Images:Traffic:BlockAfterRefusals).",
            "The detail says which. Pulls and lists go on during maintenance; wait for its end. A block ends by itself after Images:Traffic:BlockMinutes, and " +
            "Retry-After says when: stop the loop that repeats without waiting."),
        zh: new(
            "服务暂时拒绝该调用者或该类请求：正处于维护模式（Images:Traffic:Maintenance）而不接受任何变更，或者调用者因过多请求超出速率而被临时封禁" +
            "（Images:Traffic:BlockAfterRefusals）。",
            "detail 中写明了是哪一种。维护期间拉取和列表仍可用，请等待维护结束。封禁在 Images:Traffic:BlockMinutes 之后自动解除，时间见 Retry-After：请停止不等待的重试循环。"),
        provoke: "Set Images:Traffic:Maintenance to true and create an organization.",
        provokeChinese: "将 Images:Traffic:Maintenance 设为 true，然后创建组织。");

    public static readonly ErrorDefinition InvalidNotaryTokenRequest = Tables.Swr.Add(
        403, "4031043", "Invalid notary JWT token request.",
        en: new(
            "A client asked the registry's token endpoint for a token of the trust (notary) service, and the scope was missing or " +
            "named another registry host.",
            "Ask with scope=repository:{registry host}/{organization}/{repository}:pull,push and use the host name that clients log " +
            "in to; if you do not sign images, unset DOCKER_CONTENT_TRUST."),
        zh: new(
            "客户端向镜像仓库的 Token 端点申请签名信任（notary）服务的 Token，但 scope 缺失，或其中的主机不是本仓库。",
            "请使用 scope=repository:{仓库主机}/{组织}/{镜像}:pull,push，主机名须与登录地址一致；如果不做镜像签名，请取消 " +
            "DOCKER_CONTENT_TRUST。"),
        provoke: "Call the token endpoint with service=notary&scope=x.",
        provokeChinese: "以 service=notary&scope=x 调用令牌接口。");

    public static readonly ErrorDefinition InvalidAccessKey = Tables.Swr.Add(
        400, "4000031", "Invalid AK or SK.",
        en: new(
            "The access key is unknown, inactive or deleted, or the secret (or the login key derived from it) does not belong to it, or the key is " +
            "locked for some minutes for the network that wrong logins came from. The registry sends it with status 401.",
            "The user is {project}@{AK} and the password is the hexadecimal HMAC-SHA256 of the AK keyed with the SK, " +
            "not the SK itself and not the console's password; see with GET /v3.0/OS-CREDENTIAL/credentials whether the " +
            "key is still active. After more than five wrong logins in a row wait five minutes; the log and the audit log say when a key was locked."),
        zh: new(
            "AK 不存在、已停用或已删除，或者 SK（或由其计算出的登录密钥）与 AK 不匹配，或者该密钥因连续多次登录失败而对来源网络锁定几分钟。" +
            "镜像仓库返回它时状态码为 401。",
            "用户名为 {项目}@{AK}，密码为以 SK 为密钥对 AK 计算的 HMAC-SHA256 十六进制值，既不是" +
            " SK 本身，也不是控制台密码；请用 GET /v3.0/OS-CREDENTIAL/credentials 查" +
            "看该密钥是否仍处于启用状态。连续登录失败超过五次后请等待五分钟；日志和审计日志会记录密钥被锁定的时间。"),
        provoke: "Log in to the registry with a real AK and a password made with a wrong SK.",
        provokeChinese: "用真实的 AK 和以错误 SK 计算出的密码登录镜像仓库。");

    public static readonly ErrorDefinition AccessKeyEmpty = Tables.Swr.Add(
        400, "4001013", "The AK or SK cannot be empty.",
        en: new(
            "A long-term login command was requested without an access key or without its secret.",
            "Send both ak and sk, non-empty, in the JSON body; in scripts this is usually an environment variable that is not set in " +
            "that shell."),
        zh: new(
            "申请长期登录指令时，AK 或 SK 为空。",
            "请在 JSON 请求体中同时填写非空的 ak 和 sk；脚本中常见原因是当前 shell 没有设置对应的环境变量。"),
        provoke: "POST /v2/manage/utils/dockerconfig with an empty ak.",
        provokeChinese: "以空的 ak 调用 POST /v2/manage/utils/dockerconfig。");

    public static readonly ErrorDefinition SwrServerMissing = Tables.Swr.Add(
        400, "4001045", "The SWRServer parameter is missing.",
        en: new(
            "A login command was requested without naming the registry host that it is meant for.",
            "Add SWRServer to the body with the external or internal host of this registry, without https:// and without a path."),
        zh: new(
            "申请登录指令时没有指明面向哪个镜像仓库地址。",
            "请在请求体中加上 SWRServer，取值为本仓库的外部或内部主机名，不带 https:// 也不带路径。"),
        provoke: "POST /v2/manage/utils/dockerconfig with ak and sk only.",
        provokeChinese: "只带 ak 和 sk 调用 POST /v2/manage/utils/dockerconfig。");

    public static readonly ErrorDefinition GetServiceTokenFailed = Tables.Swr.Add(
        500, "5001076", "Failed to get the service token.",
        en: new(
            "To do this identity management had to issue a credential or to say what belongs to the account, and could not.",
            "Operator: look in the log for why the gateway's database does not answer or takes no rows; POST /v3/auth/tokens fails then too. Calls that " +
            "need no new credential keep working meanwhile."),
        zh: new(
            "执行该操作需要统一身份认证签发凭据，或由其确认哪些内容属于该账号，而它未能做到。",
            "运维请在日志中查看网关数据库为何没有响应或拒绝写入；此时 POST /v3/auth/tokens 也会失败。此期间不需要新凭据的接口仍可使用。"),
        provoke: "Let the gateway's database refuse temporary keys and ask for a login command.",
        provokeChinese: "让网关数据库拒绝写入临时密钥，然后申请登录指令。");

    public static readonly ErrorDefinition GetUserListFailed = Tables.Swr.Add(
        500, "5000071", "Internal server error: failed to get the user list.",
        en: new(
            "The grant names users, and IAM, although reachable, failed when it was asked for the users of the account.",
            "Nothing was granted, so repeat the call later; operator: try GET /v3/users with an administrator's token and look for " +
            "the fault in IAM's log, not in the image service's."),
        zh: new(
            "授权需要核对用户，而 IAM 虽可连通，却在查询账号的用户列表时失败。",
            "授权未生效，可稍后重试；运维请用管理员 Token 调用 GET /v3/users，并在 IAM 的日志而不是镜像服务的日志中查找原因。"),
        provoke: "Make IAM's user table unreadable and grant a user access to an organization.",
        provokeChinese: "使 IAM 的用户表不可读，然后给用户授予组织权限。");

    public static readonly ErrorDefinition NoEditableOrganization = Tables.Swr.Add(
        403, "4037017", "You have no permission to edit or manage any organization. Create one or obtain the permission first.",
        en: new(
            "You have neither edit nor manage permission on any organization at all, so there is no place where you could upload or " +
            "create something.",
            "Ask an account administrator to create the organization and to grant it to you: POST " +
            "/v2/manage/namespaces/{namespace}/access. The role swr_admin may push everywhere in the account: PUT " +
            "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id} grants it."),
        zh: new(
            "您在任何组织中都没有编辑或管理权限，因此没有可以上传或创建内容的位置。",
            "请让账号管理员创建组织，并用 POST /v2/manage/namespaces/{namespace}/access 向您授权；或向安全管理员申请可在账号内任意组织推送的" +
            "角色 swr_admin：用 PUT /v3/domains/{domain_id}/users/{user_id}/roles/{role_id} 授予。"),
        provoke: "Push an image to another user's organization as a user without a role.",
        provokeChinese: "以没有角色的用户向他人的组织推送镜像。");

    public static readonly ErrorDefinition NoEditableImage = Tables.Swr.Add(
        403, "4037018", "You have no permission to edit or manage any image. Create one or obtain the permission first.",
        en: new(
            "The change needs edit permission on an image, and you have it on no organization and on no repository.",
            "Ask for a grant on this repository with POST …/repos/{repository}/access, or on its organization; reading and pulling do " +
            "not need it."),
        zh: new(
            "该修改需要镜像的编辑权限，而您在所有组织和所有镜像仓库上都没有该权限。",
            "请申请该镜像仓库的授权（POST …/repos/{repository}/access）或其所属组织的授权；读取与下载不需要此权限。"),
        provoke: "Change a repository's description as a user who may only read.",
        provokeChinese: "用只读用户修改镜像仓库。");

    public static readonly ErrorDefinition PermissionDenied = Tables.Swr.Add(
        403, "4037020", "You have no permission to operate this image repository resource. Upgrade your permission in the organization.",
        en: new(
            "You may edit elsewhere, but your permission in this organization or repository is too low for this operation.",
            "Whoever manages the organization grants it to you with POST /v2/manage/namespaces/{namespace}/access: 1 to pull, 3 to push, 7 to " +
            "delete. In the whole account te_guest and svcstg_dev read, swr_admin and te_admin do everything; a security administrator grants " +
            "these roles with PUT /v3/domains/{domain_id}/users/{user_id}/roles/{role_id}."),
        zh: new(
            "您在别处有编辑权限，但在该组织或镜像仓库中的权限不足以执行此操作。",
            "由组织的管理者用 POST /v2/manage/namespaces/{namespace}/access 授权：1 可拉取，3 可推送，7 可删除。" +
            "在整个账号内，te_guest 和 svcstg_dev 可读取，swr_admin 和 te_admin 拥有全部权限；安全管理员用 PUT " +
            "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id} 授予这些角色。"),
        provoke: "Pull from a private organization as a user without a role.",
        provokeChinese: "以没有角色的用户从私有组织拉取镜像。");

    public static readonly ErrorDefinition OperationDenied = Tables.Swr.Add(
        403, "4039002", "You do not have permission to perform this operation.",
        en: new(
            "The operation is reserved for account administrators, or, for builds, needs more than your permission in the organization.",
            "Creating organizations needs the role SWR Admin (swr_admin) or Tenant Administrator (te_admin), or the " +
            "account's root user. POST /v2/manage/gc is for those of the first account alone, which is the operator's."),
        zh: new(
            "该操作仅限账号管理员；对构建任务而言，则是您在组织中的权限不够。",
            "创建组织需要角色 SWR Admin（swr_admin）或 Tenant Administrator（" +
            "te_admin），或由账号根用户执行。"),
        provoke: "Create an organization as an ordinary user.",
        provokeChinese: "以普通用户创建组织。");
}
