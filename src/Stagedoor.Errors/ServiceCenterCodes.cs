namespace Stagedoor.Errors;

/// <summary>Codes of the open-source registry that its clients and consoles know and the founding document does not list.</summary>
public static class ServiceCenterCodes
{
    private static readonly ErrorTable s_table = new(
        "", Envelope.Registry, "discovery", "Public reference: Apache ServiceComb Service Center, error codes of its API");

    // The original has no processes that could be cut off from each other without its store.
    private static readonly ErrorTable s_own = new(
        "", Envelope.Registry, "discovery", "Own row: what several processes on one database add to the interface of Apache ServiceComb Service Center");

    /// <summary>Every row of the table.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => [.. s_table.Rows, .. s_own.Rows];

    public static readonly ErrorDefinition Unhealthy = s_table.Add(
        400, "400002", "Server is Unhealthy",
        en: new(
            "The engine does not find its own registration, so it cannot tell clients where it and its replicas listen.",
            "It registers itself again within seconds once the database takes writes: look at /readyz."),
        zh: new(
            "引擎找不到自身的注册信息，无法告知客户端各副本的监听地址。",
            "数据库恢复写入后，引擎会在数秒内重新注册自身：请查看 /readyz。"),
        provoke: "Force the deletion of every instance of SERVICECENTER and get /health before the next self-registration.",
        provokeChinese: "强制删除 SERVICECENTER 的所有实例，在其下一次自我注册之前 GET /health。");

    public static readonly ErrorDefinition TagNotFound = s_table.Add(
        400, "400018", "Tag does not exist",
        en: new(
            "The microservice has no tag of this key; with several keys nothing was deleted.",
            "GET …/microservices/{serviceId}/tags lists them. Add a new key with POST, which replaces the whole map."),
        zh: new(
            "该微服务没有此键的标签；一次删除多个键时，未删除任何标签。",
            "用 GET …/microservices/{serviceId}/tags 查看；新增键请用 POST，它会替换整个标签表。"),
        provoke: "Change the value of a tag that was never added.",
        provokeChinese: "修改从未添加过的标签的值。");

    public static readonly ErrorDefinition RulesMixed = s_table.Add(
        400, "400020", "Can only choose one type, black or white",
        en: new(
            "A microservice has either a white list or a black list; the request brings the other kind.",
            "Delete the present rules first, or express the wish in the kind that is there."),
        zh: new(
            "一个微服务只能使用白名单或黑名单之一，而请求使用了另一种。",
            "请先删除现有规则，或用现有类型表达。"),
        provoke: "Add a white rule and a black rule to one service.",
        provokeChinese: "为同一服务添加白名单规则和黑名单规则。");

    public static readonly ErrorDefinition RuleChangeRefused = s_table.Add(
        400, "400021", "Modify rule is not allow",
        en: new(
            "The type of a rule cannot be changed while other rules of the old type exist.",
            "Delete the other rules first, or all of them, and add new ones of the other type."),
        zh: new(
            "存在其他同类型规则时，不能修改某条规则的类型。",
            "请先删除其他规则，或全部删除后按新类型重新添加。"),
        provoke: "Add two white rules and change one of them to black.",
        provokeChinese: "添加两条白名单规则，再把其中一条改为黑名单。");

    public static readonly ErrorDefinition RuleNotFound = s_table.Add(
        400, "400022", "Rule does not exist",
        en: new(
            "The microservice has no rule of this id.",
            "GET …/microservices/{serviceId}/rules lists the rules with their ids."),
        zh: new(
            "该微服务没有此 ID 的规则。",
            "用 GET …/microservices/{serviceId}/rules 列出规则及其 ID。"),
        provoke: "Delete a rule with a random id.",
        provokeChinese: "用随机 ID 删除规则。");

    public static readonly ErrorDefinition VersionNotFound = s_table.Add(
        400, "400026", "Micro-service's version does not exist",
        en: new(
            "The microservice exists, but none of its versions fits the rule that was asked for.",
            "List the versions with GET …/microservices, or widen the rule; the upper end of a range is not included."),
        zh: new(
            "微服务存在，但没有任何版本符合所给规则。",
            "用 GET …/microservices 查看已有版本，或放宽规则；范围的上限不包含在内。"),
        provoke: "Ask for the existence of version 9.0+ of a service that has version 1.0.",
        provokeChinese: "服务只有 1.0 版本时查询 9.0+ 版本是否存在。");

    public static readonly ErrorDefinition Forbidden = s_table.Add(
        403, "403001", "Forbidden",
        en: new(
            "You are known, but your roles do not allow this call, or the setting of this engine rules it out.",
            "Ask the administrator of the account for a role that may register services; reading needs less than writing."),
        zh: new(
            "身份已确认，但您的角色不允许此调用，或该引擎的设置不允许。",
            "请向帐号管理员申请可注册服务的角色；只读权限低于写权限。"),
        provoke: "Register a service as a user who has only the role Tenant Guest.",
        provokeChinese: "以只有 Tenant Guest 角色的用户注册服务。");

    public static readonly ErrorDefinition AccountNotFound = s_table.Add(
        400, "400200", "Account not exist",
        en: new(
            "The engine has no account of this name.",
            "GET /v4/accounts lists them; names are case-sensitive, and an account of the gateway is not one of the engine."),
        zh: new(
            "引擎中没有此名称的帐号。",
            "用 GET /v4/accounts 列出；名称区分大小写。"),
        provoke: "Get an account that was never created.",
        provokeChinese: "获取从未创建过的账号。");

    public static readonly ErrorDefinition RoleNotFound = s_table.Add(
        400, "400201", "Role not exist",
        en: new(
            "The engine has no role of this name, or an account is to be given one that does not exist.",
            "GET /v4/roles lists them; create the role first."),
        zh: new(
            "引擎中没有此名称的角色，或为帐号指定了不存在的角色。",
            "用 GET /v4/roles 列出；请先创建角色。"),
        provoke: "Create an account with a role that does not exist.",
        provokeChinese: "用不存在的角色创建账号。");

    public static readonly ErrorDefinition RoleInUse = s_table.Add(
        400, "400205", "Role is bound to account",
        en: new(
            "The role cannot be deleted because an account holds it.",
            "Give these accounts another role first; detail names one of them."),
        zh: new(
            "仍有帐号使用该角色，无法删除。",
            "请先为这些帐号更换角色；detail 中给出其中一个。"),
        provoke: "Delete a role that an account holds.",
        provokeChinese: "删除仍被账号使用的角色。");

    public static readonly ErrorDefinition WeakPassword = s_table.Add(
        400, "400206", "Password is not strong enough",
        en: new(
            "A password has 8 to 32 characters with at least one lower-case letter, one upper-case letter, one digit and one of the " +
            "special characters, and is not the name of the account or that backwards.",
            "Choose a longer one with all four kinds of characters."),
        zh: new(
            "密码须为 8 到 32 个字符，至少包含一个小写字母、一个大写字母、一个数字和一个特殊字符，且不能是帐号名或其倒序。",
            "请选择更长且包含四类字符的密码。"),
        provoke: "Create an account with the password secret.",
        provokeChinese: "用密码 secret 创建账号。");

    public static readonly ErrorDefinition WrongPassword = s_table.Add(
        401, "401202", "Wrong user name or password",
        en: new(
            "The account does not exist or the password is another one; the answer does not tell which.",
            "Check name and password in the client's settings; after three failures the account is blocked for a while at your address."),
        zh: new(
            "帐号不存在或密码错误；响应不区分两者。",
            "请检查客户端配置中的用户名和密码；连续失败三次后，该地址上的此帐号会被暂时锁定。"),
        provoke: "Ask for a token with a wrong password.",
        provokeChinese: "用错误的密码申请令牌。");

    public static readonly ErrorDefinition TokenExpired = s_table.Add(
        401, "401205", "Token is expired",
        en: new(
            "The token's time has run out: it lives 12 hours, or as long as was asked for.",
            "Ask POST /v4/token for another; clients that look for these words do so by themselves."),
        zh: new(
            "令牌已到期：有效期为 12 小时，或为申请时指定的时长。",
            "请通过 POST /v4/token 重新获取；识别此文本的客户端会自动更新。"),
        provoke: "Use a token for longer than it lives.",
        provokeChinese: "在令牌有效期过后使用它。");

    public static readonly ErrorDefinition OldPasswordWrong = s_table.Add(
        401, "401207", "Old password is wrong",
        en: new(
            "To change one's own password the present one has to be given, and it is not right.",
            "Repeat with the present password, or let an administrator set a new one."),
        zh: new(
            "修改自己的密码时必须提供当前密码，而所给密码不正确。",
            "请使用当前密码重试，或由管理员重置。"),
        provoke: "Change the own password with a wrong current password.",
        provokeChinese: "用错误的当前密码修改自己的密码。");

    public static readonly ErrorDefinition TooManyLogins = s_table.Add(
        429, "429001", "Too many logins",
        en: new(
            "More passwords wait to be checked than the server takes, or your network has tried more of them within the minute than one network may.",
            "Try again after the seconds in Retry-After; let clients keep a token instead of logging in for each call. Operator: Discovery:Rbac:LoginsPerMinute sets the limit."),
        zh: new(
            "等待校验的密码过多，或您所在网络在一分钟内的登录次数超过限制。",
            "请在 Retry-After 指定的秒数后重试；客户端应保留令牌，而不是每次调用都登录。运维：上限由 Discovery:Rbac:LoginsPerMinute 设置。"),
        provoke: "Ask for tokens more often than Discovery:Rbac:LoginsPerMinute allows.",
        provokeChinese: "申请令牌的频率超过 Discovery:Rbac:LoginsPerMinute 的限制。");

    public static readonly ErrorDefinition AccountBlocked = s_table.Add(
        403, "403201", "Account is blocked",
        en: new(
            "Too many wrong passwords for this account came from your address; it is blocked there for a while.",
            "Wait for the time in detail, then correct the client's password first: each try of a wrong one counts again."),
        zh: new(
            "来自您地址的错误密码次数过多，该帐号在此地址上被暂时锁定。",
            "请等待 detail 中的时间，并先更正客户端密码；每次错误尝试都会重新计数。"),
        provoke: "Ask for a token with a wrong password four times.",
        provokeChinese: "用错误的密码申请令牌四次。");

    public static readonly ErrorDefinition BuiltInAccount = s_table.Add(
        403, "403202", "Built-in account can not be operated",
        en: new(
            "The account root cannot be deleted, nor can its roles be changed.",
            "Change only its password, or create an account of your own with the role admin."),
        zh: new(
            "内置帐号 root 不能删除，也不能修改其角色。",
            "只能修改其密码，或另建一个拥有 admin 角色的帐号。"),
        provoke: "Delete the account root.",
        provokeChinese: "删除账号 root。");

    public static readonly ErrorDefinition BuiltInRole = s_table.Add(
        403, "403203", "Built-in role can not be operated",
        en: new(
            "The roles admin and developer cannot be changed or deleted.",
            "Create a role of your own with the permissions that you need."),
        zh: new(
            "内置角色 admin 和 developer 不能修改或删除。",
            "请创建包含所需权限的自定义角色。"),
        provoke: "Delete the role developer.",
        provokeChinese: "删除角色 developer。");

    public static readonly ErrorDefinition OwnAccount = s_table.Add(
        403, "403204", "Account can not be operated by itself",
        en: new(
            "Nobody deletes the account that the request is made with, or changes its roles.",
            "Use another account with the role admin."),
        zh: new(
            "不能删除发起请求的帐号本身，也不能修改其角色。",
            "请使用另一个拥有 admin 角色的帐号。"),
        provoke: "Delete the account that the token was issued for.",
        provokeChinese: "删除签发令牌所用的账号。");

    public static readonly ErrorDefinition AccountExists = s_table.Add(
        409, "409200", "Account name is duplicated",
        en: new(
            "An account of this name exists already.",
            "Choose another name, or change the roles of the one that is there with PUT /v4/accounts/{name}."),
        zh: new(
            "同名帐号已存在。",
            "请更换名称，或更新现有帐号。"),
        provoke: "Create one account twice.",
        provokeChinese: "创建同一账号两次。");

    public static readonly ErrorDefinition RoleExists = s_table.Add(
        409, "409201", "Role name is duplicated",
        en: new(
            "A role of this name exists already.",
            "Choose another name, or change the permissions of the one that is there with PUT /v4/roles/{name}."),
        zh: new(
            "同名角色已存在。",
            "请更换名称，或更新现有角色。"),
        provoke: "Create one role twice.",
        provokeChinese: "创建同一角色两次。");

    public static readonly ErrorDefinition HeardNowhere = s_own.Add(
        503, "503011", "Heartbeat is heard nowhere else",
        en: new(
            "Several processes share this registry, and the one you reached has heard nothing of the others for half of the instance's lease: " +
            "they cannot hear of this heartbeat either and may remove the instance.",
            "Send it to another address of the engine; operator: the process cannot reach PostgreSQL, look at its log and at /readyz."),
        zh: new(
            "多个进程共享该注册中心，而您访问的进程在该实例的半个租约时间内未收到其他进程的任何消息：其他进程同样收不到此心跳，可能移除该实例。",
            "请将心跳发送到引擎的其他地址；运维：该进程无法连接 PostgreSQL，请查看其日志和 /readyz。"),
        provoke: "Run two processes on one PostgreSQL, cut one of them off from it and send it heartbeats for half a lease.",
        provokeChinese: "让两个进程共用一个 PostgreSQL，切断其中一个与数据库的连接，并持续向其发送心跳半个租约时间。");
}
