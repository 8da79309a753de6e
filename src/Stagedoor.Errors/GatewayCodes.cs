namespace Stagedoor.Errors;

/// <summary>The codes of the gateway: those that can happen in one process. The text is a prefix; detail follows it, and clients match code and status.</summary>
public static class GatewayCodes
{
    private static readonly ErrorTable s_table = new(
        "APIGW.", Envelope.Gateway, "gateway", "Public reference: API gateway error codes, https://support.huaweicloud.com/devg-apisign/api-sign-errorcode.html");

    /// <summary>Every row of the service.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => s_table.Rows;

    public static readonly ErrorDefinition ApiNotFound = s_table.Add(
        404, "0101", "The API does not exist or has not been published in the environment.",
        en: new(
            "No route of any module that is switched on matches this host and path; this is decided before the credential is looked at.",
            "Check host, port, version prefix and project id in the path, and whether the module is named in the Modules setting of " +
            "this process; /x and /x/ are different paths."),
        zh: new(
            "已启用的模块中没有与该主机和路径匹配的路由；此判断先于凭据校验。",
            "请检查主机、端口、版本前缀和路径中的项目 ID，以及该进程的 Modules 设置是否包含相应模块；/x 与 /x/ 是不同的路径。"),
        provoke: "GET /v9/nothing.",
        provokeChinese: "请求 GET /v9/nothing。");

    public static readonly ErrorDefinition MethodNotFound = s_table.Add(
        404, "0101", "The API does not exist.",
        en: new(
            "The path is known but not with this HTTP method; the gateway answers 404 for this, not 405.",
            "Use the method of the API description; a redirect that a client follows turns POST into GET, so call the final address " +
            "directly."),
        zh: new(
            "路径存在，但不支持该 HTTP 方法；网关对此返回 404 而不是 405。",
            "请使用接口描述中的方法；客户端跟随重定向时会把 POST 变为 GET，请直接调用最终地址。"),
        provoke: "Send PUT to /v3/auth/tokens.",
        provokeChinese: "向 /v3/auth/tokens 发送 PUT。");

    public static readonly ErrorDefinition BadRequest = s_table.Add(
        400, "0201", "API request error.",
        en: new(
            "The address or a header is not acceptable HTTP: a broken percent escape, a dot segment, a NUL or an invalid header.",
            "Look at the raw request with curl -v; escape a literal percent as %25 and use --path-as-is only on purpose."),
        zh: new(
            "地址或请求头不是可接受的 HTTP：百分号转义损坏、路径含 . 或 .. 段、含 NUL，或请求头无效。",
            "请用 curl -v 查看原始请求；百分号本身写作 %25，不要无意中使用 --path-as-is。"),
        provoke: "Request a path that contains %zz.",
        provokeChinese: "请求含有 %zz 的路径。");

    public static readonly ErrorDefinition BodyTooLarge = s_table.Add(
        413, "0201", "Request entity too large.",
        en: new(
            "The body exceeds the limit of this route; signed requests are limited to 12 MiB because the signature covers the body.",
            "Send less, or use a token instead of a signature on routes that accept large uploads; images have routes " +
            "of their own. Operator: Gateway:MaxBodyBytes sets the limit."),
        zh: new(
            "请求体超过该路由的上限；签名请求上限为 12 MiB，因为签名覆盖请求体。",
            "请减小请求体；在接受大文件的路由上请用令牌代替签名；镜像有各自的路由。运维：上限由 " +
            "Gateway:MaxBodyBytes 设置。"),
        provoke: "Send a signed request with a body of 13 MiB.",
        provokeChinese: "发送请求体为 13 MiB 的签名请求。");

    public static readonly ErrorDefinition UriTooLarge = s_table.Add(
        414, "0201", "Request URI too large.",
        en: new(
            "The request line, that is path and query together, is longer than 32 KiB.",
            "Move filters into fewer calls: long lists of ids in a query are better asked page by page or name by name."),
        zh: new(
            "请求行（路径加查询字符串）超过 32 KiB。",
            "请拆分过滤条件；查询中很长的 ID 列表应改为分页或逐个名称查询。"),
        provoke: "Send a query string of 40 KiB.",
        provokeChinese: "发送 40 KiB 的查询字符串。");

    public static readonly ErrorDefinition HeadersTooLarge = s_table.Add(
        494, "0201", "Request headers too large.",
        en: new(
            "One header is longer than 32 KiB or all together are longer than 128 KiB; 494 is the number that the original gateway " +
            "uses.",
            "Look for a token or cookie that is repeated or grows with every proxy; the tokens of this server are below 2 KiB."),
        zh: new(
            "单个请求头超过 32 KiB，或全部请求头超过 128 KiB；494 是原网关所用的状态码。",
            "请检查是否有 Token 或 Cookie 被重复添加，或每经过一个代理就变长；本服务的 Token 小于 2 KiB。"),
        provoke: "Send a header of 40 KiB.",
        provokeChinese: "发送 40 KiB 的请求头。");

    public static readonly ErrorDefinition IncorrectIamAuthentication = s_table.Add(
        401, "0301", "Incorrect IAM authentication information",
        en: new(
            "No credential was sent, a token cannot be verified, or the AK/SK signature is wrong; the text goes on with the exact " +
            "reason.",
            "Without any credential: get a token with POST /v3/auth/tokens and send it as X-Auth-Token, or sign the " +
            "request with an access key. For a signature compare the canonicalRequest in the message with your " +
            "client's, line by line: host, path with trailing slash, query and body hash are the usual differences. The " +
            "clock may be off by 15 minutes at most; after five failures an AK is locked for 5 minutes."),
        zh: new(
            "没有发送凭据、Token 无法验证，或 AK/SK 签名错误；文本后续部分给出具体原因。",
            "没有携带任何凭证时：请用 POST /v3/auth/tokens 获取令牌并以 X-Auth-Token 发送" +
            "，或用访问密钥对请求签名。签名不符时，请将消息中的 canonicalRequest 与客户端计算的结果逐行比较" +
            "：常见差异是主机名、路径末尾的斜杠、查询参数和请求体摘要。时钟偏差最多 15 分钟；失败五次后该 AK 锁定 5" +
            " 分钟。"),
        provoke: "Call a management API without credentials.",
        provokeChinese: "不带凭证调用管理接口。");

    public static readonly ErrorDefinition IncorrectAuthentication = s_table.Add(
        401, "0305", "Incorrect authentication information.",
        en: new(
            "The Authorization header uses a scheme that this route does not take, or two credentials contradict each other.",
            "Send exactly one of X-Auth-Token and an SDK-HMAC-SHA256 signature; Basic and Bearer belong to the container registry, " +
            "not to the management APIs."),
        zh: new(
            "Authorization 请求头使用了该路由不支持的方案，或两个凭据相互矛盾。",
            "请只发送 X-Auth-Token 与 SDK-HMAC-SHA256 签名二者之一；Basic 与 Bearer 用于容器镜像仓库，不用于管理接口。"),
        provoke: "Call a management API with Authorization: Basic.",
        provokeChinese: "用 Authorization: Basic 调用管理接口。");

    public static readonly ErrorDefinition AccessDenied = s_table.Add(
        403, "0306", "API access denied",
        en: new(
            "You are known, but no role or policy of yours allows this action.",
            "The message names the action; ask an administrator for a role with that action, not for a new key: GET " +
            "/v3/roles lists the roles."),
        zh: new(
            "身份有效，但您的角色或策略均不允许该操作。",
            "消息中写明了操作名称；请向管理员申请包含该操作的角色，而不是新的密钥：角色可用 GET /v3/roles 列出" +
            "。"),
        provoke: "Call an API with a user whose roles do not include its action.",
        provokeChinese: "用角色中不含该操作的用户调用接口。");

    public static readonly ErrorDefinition TokenMustBeUpdated = s_table.Add(
        401, "0307", "The token must be updated.",
        en: new(
            "The token was genuine but is over: it expired after 24 hours, or was revoked by a change of password, keys, rights or " +
            "the user itself.",
            "Get a new one with POST /v3/auth/tokens; long-running programs should renew before expires_at, or sign with AK/SK, which " +
            "does not expire."),
        zh: new(
            "Token 曾经有效，但已失效：满 24 小时过期，或因密码、密钥、权限、用户状态变更而被吊销。",
            "请用 POST /v3/auth/tokens 重新获取；长时间运行的程序应在 expires_at 之前续期，或改用不会过期的 AK/SK 签名。"),
        provoke: "Delete a token with DELETE /v3/auth/tokens and use it again.",
        provokeChinese: "用 DELETE /v3/auth/tokens 删除令牌后再次使用它。");

    public static readonly ErrorDefinition Throttled = s_table.Add(
        429, "0308", "The throttling threshold has been reached",
        en: new(
            "More requests arrived in the time window than the rule named in the text allows, per API, per user or per address.",
            "Wait the seconds of Retry-After and back off exponentially; X-RateLimit-Remaining shows what is left. " +
            "Operator: Gateway:RequestsPerSecond sets the limit, Gateway:Routes that of one route, and " +
            "Gateway:RefusalsPerSecondPerAddress that of callers who are not known."),
        zh: new(
            "在时间窗口内的请求数超过文本中所述规则（按 API、用户或地址）的限额。",
            "请等待 Retry-After 指明的秒数并按指数退避；X-RateLimit-Remaining 显示剩余次数" +
            "。运维：限值由 Gateway:RequestsPerSecond 设置，单个路由由 Gateway:Routes 设置，" +
            "未知调用方由 Gateway:RefusalsPerSecondPerAddress 设置。"),
        provoke: "Lower the threshold of one API and call it in a loop.",
        provokeChinese: "调低某个接口的阈值并循环调用。");

    public static readonly ErrorDefinition ProjectUnavailable = s_table.Add(
        403, "0310", "The project is unavailable.",
        en: new(
            "The project that the call acts in is disabled.",
            "Use another project of the account, see enabled in GET /v3/auth/projects, or let an administrator enable it with PUT " +
            "/v3-ext/projects/{id}."),
        zh: new(
            "该请求所属的项目已停用。",
            "请改用账号下的其他项目（见 GET /v3/auth/projects 的 enabled），或由管理员用 PUT /v3-ext/projects/{id} 启用。"),
        provoke: "Disable a project and call any API in it.",
        provokeChinese: "禁用项目后调用其中的任意接口。");

    public static readonly ErrorDefinition AddressNotAuthorized = s_table.Add(
        403, "0402", "The IP address is not authorized to access the API.",
        en: new(
            "The account restricts from which addresses its users may call, and yours is not among them.",
            "Behind a proxy it is the proxy's address that counts unless Gateway:TrustedProxies names it; the operator " +
            "corrects the list in Gateway:AllowedAddresses, which does not bind the account root."),
        zh: new(
            "账号限制了其用户可使用的来源地址，而您的地址不在其中。",
            "经过代理时以代理地址为准，除非 Gateway:TrustedProxies 中列有该代理；名单由运维在 " +
            "Gateway:AllowedAddresses 中修正，账号根用户不受其限制。"),
        provoke: "Put one foreign network into Gateway:AllowedAddresses and call an API as an ordinary user.",
        provokeChinese: "在 Gateway:AllowedAddresses 中只写一个外部网段，以普通用户调用接口。");

    public static readonly ErrorDefinition Internal = s_table.Add(
        500, "0601", "Internal server error.",
        en: new(
            "Something failed that no code of a module describes; what exactly stands in the log under the request id and nowhere else.",
            "Repeat the call once, and report it with the request id: this is the one code that always means a defect " +
            "or a fault nobody foresaw. Operator: the line of the server's log with this request id has the cause."),
        zh: new(
            "发生了任何模块错误码都未描述的故障；详细信息只在日志中，按请求 ID 查找。",
            "请重试一次，并附上请求 ID 报告：只有此错误码必定表示缺陷或未预见的故障。运维：服务日志中带有该请求 ID 的" +
            "一行写明了原因。"),
        provoke: "Make the database fail in an operation that names no code of its own.",
        provokeChinese: "让数据库在没有自有错误码的操作中失败。");

    public static readonly ErrorDefinition MalformedRequest = s_table.Add(
        400, "0602", "Bad request.",
        en: new(
            "The request is ambiguous and was refused for safety: Content-Length and Transfer-Encoding together, a header such as " +
            "Host, Authorization or X-Sdk-Date twice, or no Host.",
            "Find the proxy that adds the second header by calling the server directly; the message says which it was."),
        zh: new(
            "请求含义不明确，出于安全考虑被拒绝：同时带有 Content-Length 与 Transfer-Encoding，Host、Authorization 或 X-Sdk-Date 等请" +
            "求头重复，或缺少 Host。",
            "请直连服务器以找出添加重复请求头的代理；消息中会指出是哪一个。"),
        provoke: "Send two Authorization headers.",
        provokeChinese: "发送两个 Authorization 请求头。");

    public static readonly ErrorDefinition ProtocolNotSupported = s_table.Add(
        400, "0607", "The following protocol is supported",
        en: new(
            "The route takes another protocol than the one that was used, in practice HTTPS where plain HTTP was sent; the text ends " +
            "with the protocol that works.",
            "Change the scheme and port of the endpoint in the client; if a proxy terminates TLS, let it send " +
            "X-Forwarded-Proto and name it in Gateway:TrustedProxies. Operator: Gateway:RequireHttps demands it."),
        zh: new(
            "该路由要求另一种协议，实际上通常是必须用 HTTPS 却使用了 HTTP；文本末尾给出可用的协议。",
            "请修改客户端终端地址的协议和端口；如果由代理终结 TLS，请让它发送 X-Forwarded-Proto，并在 " +
            "Gateway:TrustedProxies 中列出该代理。运维：此要求由 " +
            "Gateway:RequireHttps 设置。"),
        provoke: "Call an HTTPS-only route over plain HTTP.",
        provokeChinese: "用明文 HTTP 调用仅限 HTTPS 的路由。");

    public static readonly ErrorDefinition IamUnavailable = s_table.Add(
        503, "0613", "The IAM service is currently unavailable.",
        en: new(
            "The credential could not be checked because the store of users and keys did not answer; nothing is known to be wrong " +
            "with the credential.",
            "Repeat with a growing pause and do not rotate keys; operator: the identity database is down, see stagedoor doctor."),
        zh: new(
            "由于用户与密钥的存储没有应答，无法校验凭据；凭据本身未必有问题。",
            "请以递增间隔重试，不要更换密钥；运维请注意身份数据库故障，可运行 stagedoor doctor 查看。"),
        provoke: "Stop the identity database and call any API.",
        provokeChinese: "停止身份数据库后调用任意接口。");
}
