namespace Stagedoor.Errors;

/// <summary>The codes of the microservice registry, and of the dashboard and transaction uploads beside it.</summary>
public static class DiscoveryCodes
{
    private static readonly ErrorTable s_registry = new(
        "", Envelope.Registry, "discovery", "Founding document of the microservice engine: its published error codes");

    private static readonly ErrorTable s_dashboard = new(
        "SVCSTG.CSE.", Envelope.Dashboard, "discovery", "Founding document of the microservice engine: its published error codes");

    /// <summary>Every row of the service.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => [.. s_registry.Rows, .. s_dashboard.Rows];

    public static readonly ErrorDefinition InvalidParameter = s_registry.Add(
        400, "400001", "Invalid parameter(s)",
        en: new(
            "A field, query value or version rule of the request is missing or not allowed, or the body is not JSON.",
            "Read detail, it names the field; frequent ones are a name that begins with a hyphen, a version that is not up to four " +
            "numbers, an empty batch list and a lease interval of 0."),
        zh: new(
            "请求中的字段、查询参数或版本规则缺失或不允许，或请求体不是 JSON。",
            "请查看 detail 中指出的字段；常见的有名称以中划线开头、版本不是最多四段数字、批量列表为空、租约间隔为 0。"),
        provoke: "Register a microservice with the serviceName -x.",
        provokeChinese: "注册 serviceName 为 -x 的微服务。");

    public static readonly ErrorDefinition MicroserviceExists = s_registry.Add(
        400, "400010", "Micro-service already exists",
        en: new(
            "The registration asks for a serviceId or alias that contradicts what is registered: the same environment, application, " +
            "name and version already has another id.",
            "Leave serviceId out and take the one that the answer returns; delete the old registration only when nothing uses it, and " +
            "give two services different aliases."),
        zh: new(
            "注册时指定的 serviceId 或别名与已有注册冲突：相同环境、应用、名称和版本已对应另一个 ID。",
            "请不要指定 serviceId，而使用响应返回的值；确认无人使用后才删除旧注册；不同服务请使用不同别名。"),
        provoke: "Register the same name and version with the serviceId a and then with b.",
        provokeChinese: "以 serviceId a、再以 b 注册同一名称和版本。");

    public static readonly ErrorDefinition MicroserviceNotFound = s_registry.Add(
        400, "400012", "Micro-service does not exist",
        en: new(
            "No microservice of this id or name is registered in your project and environment; it may also be the X-ConsumerId of the " +
            "caller that is unknown.",
            "Compare appId, serviceName, version rule and environment of provider and consumer, they all have to match; a client with " +
            "a stale consumer id registers again by itself after a restart."),
        zh: new(
            "在您的项目和环境中没有注册该 ID 或名称的微服务；也可能是调用者的 X-ConsumerId 不存在。",
            "请核对提供者与消费者的 appId、serviceName、版本规则和环境，必须全部一致；持有旧消费者 ID 的客户端重启后会自动重新注册。"),
        provoke: "Find the instances of a service name that was never registered.",
        provokeChinese: "查询一个从未注册过的服务名的实例。");

    public static readonly ErrorDefinition InstanceDeployed = s_registry.Add(
        400, "400013", "Instance has been deployed",
        en: new(
            "The microservice cannot be deleted without force because instances of it are still alive.",
            "Stop the instances and wait for their leases to run out (120 seconds by default), or delete with force=true, which makes " +
            "running instances register anew."),
        zh: new(
            "该微服务仍有存活实例，不加 force 无法删除。",
            "请停止实例并等待租约到期（默认 120 秒），或使用 force=true 删除（正在运行的实例会因此重新注册）。"),
        provoke: "Register a service with an instance and delete the service without force.",
        provokeChinese: "注册一个带实例的服务，然后不加 force 删除该服务。");

    public static readonly ErrorDefinition SchemaNotDefined = s_registry.Add(
        400, "400014", "Undefined schema id",
        en: new(
            "Contracts of this microservice are locked, as in production, and the uploaded schema id is not among those it was " +
            "registered with.",
            "Register a new version of the service that lists the schema id, or relax the schema lock in the environments where " +
            "contracts may still change."),
        zh: new(
            "该微服务的契约已锁定（如生产环境），而上传的契约 ID 不在注册时声明的列表中。",
            "请注册一个声明了该契约 ID 的新版本，或在允许变更契约的环境中放宽契约锁。"),
        provoke: "Register a service in the environment production with the schema a and upload the schema b.",
        provokeChinese: "在 production 环境注册带契约 a 的服务，然后上传契约 b。");

    public static readonly ErrorDefinition SchemaChangeRefused = s_registry.Add(
        400, "400015", "Modify schema is not allow",
        en: new(
            "A contract is stored for this version already and differs from the one that was uploaded; in production published " +
            "contracts stay as they are.",
            "Raise the service's version when its interface changes; if only the build differs (order of methods), compare the two " +
            "YAML texts and make the generation stable."),
        zh: new(
            "该版本已保存契约，且与上传的内容不同；生产环境中已发布的契约不可修改。",
            "接口变化时请提高服务版本号；如果只是构建差异（如方法顺序），请比较两份 YAML 并使生成结果稳定。"),
        provoke: "Upload two different contents for one schema of a production service.",
        provokeChinese: "为 production 服务的同一契约上传两份不同的内容。");

    public static readonly ErrorDefinition SchemaNotFound = s_registry.Add(
        400, "400016", "Schema does not exist",
        en: new(
            "The microservice exists, but no content was uploaded for this schema id, even if the id was declared.",
            "The provider uploads its contracts when it starts: look in its log for a refused upload, or list what there is with GET " +
            "…/microservices/{serviceId}/schemas."),
        zh: new(
            "微服务存在，但该契约 ID 没有上传内容（即使已声明）。",
            "提供者在启动时上传契约：请在其日志中查找上传被拒的记录，或用 GET …/microservices/{serviceId}/schemas 列出已有契约。"),
        provoke: "Register a service that declares a schema and get the schema before it is uploaded.",
        provokeChinese: "注册声明了某契约的服务，在上传之前获取该契约。");

    public static readonly ErrorDefinition InstanceNotFound = s_registry.Add(
        400, "400017", "Instance does not exist",
        en: new(
            "The instance was never registered, was unregistered, or its lease ran out because no heartbeat arrived in time.",
            "Clients register again when a heartbeat gets this; if it recurs look for long garbage collections, a paused machine or a " +
            "network gap longer than interval times (times + 1)."),
        zh: new(
            "实例从未注册、已注销，或因未按时收到心跳而租约到期。",
            "客户端在心跳收到此码后会重新注册；如反复出现，请检查长时间 GC、机器挂起，或超过 间隔 ×（次数 + 1）的网络中断。"),
        provoke: "Send a heartbeat for a random instance id.",
        provokeChinese: "为一个随机的实例 ID 发送心跳。");

    public static readonly ErrorDefinition ConsumersDepend = s_registry.Add(
        400, "400023", "Consumer(s) depend on this micro-service",
        en: new(
            "The microservice cannot be deleted without force because others have looked it up and count as its consumers.",
            "GET …/microservices/{providerId}/consumers lists them; retire them first, or use force=true and expect their next call " +
            "to fail."),
        zh: new(
            "其他微服务查询过该服务并被记为其消费者，因此不加 force 无法删除。",
            "用 GET …/microservices/{providerId}/consumers 列出消费者；请先下线它们，或使用 force=true（其后续调用会失败）。"),
        provoke: "Let a consumer find a provider and delete the provider without force.",
        provokeChinese: "让消费者发现提供者，然后不加 force 删除提供者。");

    public static readonly ErrorDefinition QuotaExceeded = s_registry.Add(
        400, "400100", "Not enough quota",
        en: new(
            "The creation would exceed the number of services, instances, schemas, tags or rules that the tenant or service may have.",
            "The detail says which, with limit and use; remove stale versions and instances of crashed test runs. Operator: " +
            "Discovery:Quotas sets the limits, Discovery:Rbac:MaxAccounts and Discovery:Rbac:MaxRoles those of accounts and roles."),
        zh: new(
            "该创建操作会超过租户或服务允许的服务、实例、契约、标签或规则数量。",
            "detail 会给出类型、限额与用量；请清理过期版本和测试遗留的实例。运维：上限由 Discovery:Quotas 设置，账号与角色的上限由 " +
            "Discovery:Rbac:MaxAccounts 和 Discovery:Rbac:MaxRoles 设置。"),
        provoke: "Upload 101 schemas to one service.",
        provokeChinese: "为一个服务上传 101 个契约。");

    public static readonly ErrorDefinition Unauthorized = s_registry.Add(
        401, "401002", "Request unauthorized",
        en: new(
            "The registry demands a credential and got none or a wrong one: the token is missing, expired or forged, or the AK/SK " +
            "headers do not match.",
            "java-chassis and spring-cloud need servicecomb.credentials with access key, secret key and project; check that shaAKSK " +
            "was made with this AK, and the clock when only old tokens fail."),
        zh: new(
            "注册中心要求凭据，而请求没有携带或凭据错误：Token 缺失、过期或伪造，或 AK/SK 请求头不匹配。",
            "java-chassis 与 spring-cloud 需在 servicecomb.credentials 中配置 AK、SK 和项目；请确认 shaAKSK 由该 AK 生成；仅旧 Token " +
            "失败时请检查时钟。"),
        provoke: "Switch authentication on and register without credentials.",
        provokeChinese: "启用鉴权后不带凭证注册。");

    public static readonly ErrorDefinition Internal = s_registry.Add(
        500, "500003", "Internal server error",
        en: new(
            "Something failed that has no nearer code, for example a stored record that cannot be decoded any more.",
            "Operator: the line of the server's log with this request id has the exception; a damaged record is set " +
            "aside at start-up and named in the log, registering that service again replaces it."),
        zh: new(
            "发生了没有更具体错误码的故障，例如已保存的记录无法解码。",
            "运维：服务日志中带有该请求 ID 的一行写明了异常；损坏的记录在启动时会被搁置并记入日志，重新注册该服务即可替换" +
            "。"),
        provoke: "Overwrite a stored service record with garbage while the server is stopped, start it and get that service.",
        provokeChinese: "在服务停止时把存储的服务记录改成乱码，启动后获取该服务。");

    public static readonly ErrorDefinition BackendUnavailable = s_registry.Add(
        500, "500011", "Backend service is unavailable",
        en: new(
            "The registry's database refuses or does not answer in time, so nothing can be registered, changed or deleted.",
            "Running applications go on: discovery and heartbeats are answered from memory. Bring the database back or free its disk; " +
            "no restart is needed, and clients repeat their registration."),
        zh: new(
            "注册中心的数据库拒绝访问或未及时应答，无法注册、修改或删除。",
            "运行中的应用不受影响：服务发现和心跳由内存应答。请恢复数据库或释放磁盘空间；无需重启，客户端会自动重试注册。"),
        provoke: "Stop the database and register a microservice.",
        provokeChinese: "停止数据库后注册微服务。");

    public static readonly ErrorDefinition QuotaServiceUnavailable = s_registry.Add(
        500, "500101", "Quota service is unavailable",
        en: new(
            "Quotas are decided by an external quota service, and it is unreachable, too slow (1 second) or answers nonsense; new " +
            "registrations fail closed.",
            "Check the quota service's address from the server, or switch back to local quotas; what is registered already can " +
            "register again meanwhile."),
        zh: new(
            "配额由外部配额服务判定，而它不可达、超过 1 秒未应答或返回无效内容；为安全起见拒绝新的注册。",
            "请在服务器上检查配额服务的地址，或改回本地配额；已注册的服务在此期间仍可重新注册。"),
        provoke: "Configure a remote quota service, stop it and register a new microservice.",
        provokeChinese: "配置远程配额服务并将其停止，然后注册新的微服务。");

    public static readonly ErrorDefinition InvalidMetric = s_dashboard.Add(
        400, "4001000", "upload metric invalid",
        en: new(
            "A metrics report was readable but violates a rule: a member is missing or too long, a count is negative, or the list of " +
            "interfaces is too long.",
            "The detail names the member: name, appId, version and instance are mandatory, serviceId and instanceId come together or " +
            "not at all, at most 2000 interfaces."),
        zh: new(
            "指标上报可以解析，但违反规则：字段缺失或过长、计数为负，或接口列表过长。",
            "detail 会指出字段：name、appId、version、instance 必填；serviceId 与 instanceId 须同时出现或同时省略；接口最多 2000 个。"),
        provoke: "Upload a metrics report without the member instance.",
        provokeChinese: "上传缺少 instance 成员的指标报告。");

    public static readonly ErrorDefinition InvalidTransaction = s_dashboard.Add(
        400, "4001011", "The TxInfo is null or too large",
        en: new(
            "A report of distributed transactions has no txInfo, or the body or its list of finished transactions is larger than " +
            "allowed.",
            "Send txInfo even when it is empty, keep a report under 1 MiB and 1000 finished transactions, and report more often " +
            "instead of more at once."),
        zh: new(
            "分布式事务上报缺少 txInfo，或请求体、已结束事务列表超过上限。",
            "即使为空也要发送 txInfo；单次上报须小于 1 MiB 且已结束事务不超过 1000 个，请提高上报频率而不是一次上报更多。"),
        provoke: "Upload a transaction report that has only a head.");

    public static readonly ErrorDefinition InvalidTransactionHead = s_dashboard.Add(
        400, "4001011", "Upload head is null or active tx list exceeds the max size",
        en: new(
            "A report of distributed transactions has no complete head, or lists more than 1000 transactions that are still active.",
            "Give head its appId, serviceName, version, instance, time and sequence; thousands of active transactions in one instance " +
            "usually mean that they never end, so look for missing confirm or cancel calls."),
        zh: new(
            "分布式事务上报的 head 缺失或不完整，或未结束的事务超过 1000 个。",
            "head 须包含 appId、serviceName、version、instance、time、sequence；单个实例有上千个未结束事务，通常是 confirm 或 cancel " +
            "没有被调用。"),
        provoke: "Upload a transaction report with 1001 active transactions.");

    public static readonly ErrorDefinition DecodeFailed = s_dashboard.Add(
        500, "500500", "Failed to decode: No content to map due to end-of-inputn at xxx; line: x, column: x]",
        en: new(
            "The body of a metrics or transaction report is empty, no JSON, or has a member of a type that cannot be converted. It is " +
            "the sender's fault although the status is 500; reason and position on the wire are the real ones.",
            "Look at the given line and column of the body that your publisher sends; an empty body usually means that a proxy " +
            "dropped it or that Content-Length is 0."),
        zh: new(
            "指标或事务上报的请求体为空、不是 JSON，或某字段类型无法转换。状态码虽为 500，但问题在发送方；实际返回的原因和位置是真实" +
            "的。",
            "请按返回的行列号检查上报的请求体；请求体为空通常是代理丢弃了内容或 Content-Length 为 0。"),
        provoke: "Post an empty body to the metrics upload.",
        provokeChinese: "向指标上传接口发送空的请求体。");
}
