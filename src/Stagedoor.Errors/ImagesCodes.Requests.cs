namespace Stagedoor.Errors;

// What is wrong with a request whatever it addresses, and the faults that no nearer code names.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition UrlNotFound = Tables.Swr.Add(
        404, "4040083", "The requested URL was not found.",
        en: new(
            "No operation is published under this path and method; a wrong method is answered the same way, there is no 405.",
            "Compare path, method and API version with the API description; typical slips are repos versus repositories, a missing " +
            "/v2/manage and a trailing slash."),
        zh: new(
            "该路径与方法没有对应的接口；方法错误也返回此码，不会返回 405。",
            "请与接口描述核对路径、方法和 API 版本；常见错误是混用 repos 与 repositories、漏写 /v2/manage 或多了末尾斜杠。"),
        provoke: "GET /v2/manage/nothing.",
        provokeChinese: "请求 GET /v2/manage/nothing。");

    public static readonly ErrorDefinition ApiVersionNotSupported = Tables.Swr.Add(
        400, "4000047", "This version is not supported.",
        en: new(
            "The path asks for an API version that has the right form but that this server does not speak.",
            "Use v2 or v3, which is what GET / lists; a client that insists on v1 is too old for this API."),
        zh: new(
            "路径中的 API 版本格式正确，但本服务不支持该版本。",
            "请使用 GET / 返回的 v2 或 v3；坚持使用 v1 的客户端过旧。"),
        provoke: "GET /v1.",
        provokeChinese: "请求 GET /v1。");

    public static readonly ErrorDefinition InvalidParameter = Tables.Swr.Add(
        400, "4000014", "Invalid parameter.",
        en: new(
            "A value in the body, the path or a header has the wrong type or is not allowed, or the body is not the JSON that the " +
            "operation expects.",
            "The detail names the field and what it may be; check that numbers and booleans are not quoted and that the " +
            "body parses with jq. With status 408 the body paused for longer than Images:MaxBodyPauseSeconds, with 412 If-Match or If-None-Match does not hold, with 416 " +
            "a chunk or a range does not fit what is stored. A repository has as many triggers as Images:Triggers:MaxPerRepository says at most, " +
            "and as many webhooks as Images:Triggers:MaxWebhooks says."),
        zh: new(
            "请求体、路径或请求头中的某个值类型不对或取值不允许，或者请求体不是该接口所要求的 JSON。",
            "detail 中写明了字段及允许的取值；请检查数字和布尔值是否误加了引号，以及请求体能否被 jq 解析。状态码为 408 时，请求体的停顿超过了 Images:MaxBodyPauseSeconds；为 412 时，If-Match 或 If-None-Match 的条件不成立；为 416 时，分块或范围与已存内容不符。一个镜像仓库的触发器数量不能超过 Images:Triggers:MaxPerRepository，webhook 数量不能超过 Images:Triggers:MaxWebhooks。"),
        provoke: "Start an upload with a digest of an unknown algorithm.",
        provokeChinese: "以未知算法的摘要开始上传。");

    public static readonly ErrorDefinition RequiredParameterMissing = Tables.Swr.Add(
        400, "4001014", "A required parameter is missing.",
        en: new(
            "A member that the body must contain is absent, null or an empty string.",
            "Add the member that detail names; when a client library builds the body, look for a property that is left out because it " +
            "has its default value."),
        zh: new(
            "请求体中缺少必填字段，或其值为 null 或空字符串。",
            "请补上 detail 指出的字段；如果请求体由客户端库生成，请检查是否因取默认值而被省略。"),
        provoke: "Create an organization with the body {}.",
        provokeChinese: "以请求体 {} 创建组织。");

    public static readonly ErrorDefinition ParameterMissing = Tables.Swr.Add(
        400, "4001036", "A parameter is missing.",
        en: new(
            "A query parameter or header that this call needs is absent, often the other half of a pair.",
            "Send offset only together with limit, and order_column only with order_type; sync_job needs a filter, shared " +
            "repositories need center, and a session chunk needs Content-Range."),
        zh: new(
            "缺少该接口所需的查询参数或请求头，往往是成对参数缺了一半。",
            "offset 必须与 limit 同时使用，order_column 必须与 order_type 同时使用；sync_job 需要 filter，共享镜像列表需要 center，会" +
            "话分片需要 Content-Range。"),
        provoke: "List the synchronization jobs of a repository without a filter.",
        provokeChinese: "只传 offset 不传 limit 查询镜像仓库列表。");

    public static readonly ErrorDefinition UndecodableQuery = Tables.Swr.Add(
        400, "4001024", "Failed to query the parameters.",
        en: new(
            "The query string cannot be decoded: a percent sign is not followed by two hexadecimal digits, or the bytes are not UTF-8.",
            "Encode every value once with the client's URL function; a literal percent sign is %25, the separators of a filter are " +
            "%3A%3A and %7C."),
        zh: new(
            "查询字符串无法解码：百分号后面不是两位十六进制数，或解码后的字节不是 UTF-8。",
            "请用客户端的 URL 编码函数对每个值编码一次；百分号本身写作 %25，filter 的分隔符为 %3A%3A 和 %7C。"),
        provoke: "List organizations with filter=%zz.",
        provokeChinese: "以 filter=%zz 列出组织。");

    public static readonly ErrorDefinition InvalidQueryParameter = Tables.Swr.Add(
        400, "4001025", "Invalid query parameter.",
        en: new(
            "A query parameter is readable but its value is none of those that the operation knows.",
            "Look the value up: filter takes namespace::{name} and mode::visible."),
        zh: new(
            "查询参数可以读取，但其值不在该接口允许的范围内。",
            "请核对取值：filter 可写 namespace::{名称} 和 mode::visible。"),
        provoke: "List organizations with filter=mode::all.",
        provokeChinese: "以 filter=mode::all 列出组织。");

    public static readonly ErrorDefinition InvalidFilter = Tables.Swr.Add(
        400, "4001035", "Invalid filter.",
        en: new(
            "The filter is not a list of key::value pairs joined by |, or it contains a key that this list does not know, or one key " +
            "twice.",
            "Write filter=namespace::team-a|mode::visible with two colons; when filter is present plain query " +
            "parameters are ignored."),
        zh: new(
            "filter 不是以 | 连接的 key::value 列表，或包含该列表不支持的键，或同一个键出现两次。",
            "请写成 filter=namespace::team-a|mode::visible，使用两个冒号；有 " +
            "filter 时会忽略普通查询参数。"),
        provoke: "List organizations with filter=namespace.",
        provokeChinese: "以 filter=namespace 列出组织。");

    public static readonly ErrorDefinition InvalidPageSize = Tables.Swr.Add(
        400, "4000056", "Invalid page size.",
        en: new(
            "limit or offset is not a whole number, limit is below 1 or offset is negative.",
            "Leave limit out for 100 entries or send 1 to 1000 (more is cut to 1000), and start with offset 0; watch for unset " +
            "variables that send limit= without a value."),
        zh: new(
            "limit 或 offset 不是整数，或 limit 小于 1、offset 为负数。",
            "可省略 limit（默认 100 条），或取 1 到 1000（超出按 1000 处理），offset 从 0 开始；注意变量未赋值会发出空的 limit=。"),
        provoke: "List repositories with limit=0.",
        provokeChinese: "以 limit=0 查询任意列表。");

    public static readonly ErrorDefinition InvalidBodyType = Tables.Swr.Add(
        400, "4001018", "Incorrect request body type.",
        en: new(
            "The request has a body whose Content-Type is not application/json.",
            "Send Content-Type: application/json; curl -d sends a form by default, so add -H \"Content-Type: application/json\"."),
        zh: new(
            "请求带有请求体，但 Content-Type 不是 application/json。",
            "请发送 Content-Type: application/json；curl -d 默认按表单发送，请加上 -H \"Content-Type: application/json\"。"),
        provoke: "POST text/plain to /v2/manage/namespaces.",
        provokeChinese: "向 /v2/manage/namespaces POST text/plain。");

    public static readonly ErrorDefinition BodyTooLarge = Tables.Swr.Add(
        413, "4131001", "The request body is too large.",
        en: new(
            "The whole request body exceeds what this route takes: 1 MiB of JSON, the total of a form upload, or an image manifest " +
            "over the cap.",
            "Look at what inflates the body; in a manifest it is usually annotations or inlined data. Operator: " +
            "Images:MaxManifestBytes sets the limit for manifests."),
        zh: new(
            "整个请求体超过该接口的上限：JSON 为 1 MiB，表单上传有总大小限制，镜像 manifest 也有上限。",
            "请检查是什么撑大了请求体；清单中通常是注解或内嵌数据。运维：清单的上限由 " +
            "Images:MaxManifestBytes 设置。"),
        provoke: "POST 2 MiB of JSON to /v2/manage/namespaces.",
        provokeChinese: "向 /v2/manage/namespaces POST 2 MiB 的 JSON。");

    public static readonly ErrorDefinition TooManyConcurrentRequests = Tables.Swr.Add(
        403, "4031032", "Too many requests for the server's runtime resources.",
        en: new(
            "The process already works on as many requests as it is allowed to at once, whoever sent them.",
            "Wait the seconds of Retry-After and repeat with fewer parallel transfers; when it lasts, find the slow uploads in the " +
            "metrics, raise Images:Traffic:MaxConcurrentRequests or add a replica."),
        zh: new(
            "进程同时处理的请求数已达上限，与请求来自谁无关。",
            "请按 Retry-After 等待后重试，并减少并发传输；如果持续出现，请在指标中查找缓慢的上传，调高 Images:Traffic:MaxConcurrentRequests 或增加副本。"),
        provoke: "Set Images:Traffic:MaxConcurrentRequests to 2 and start three slow uploads.",
        provokeChinese: "将 Images:Traffic:MaxConcurrentRequests 设为 2，然后开始三个缓慢的上传。");

    public static readonly ErrorDefinition TooManyRequests = Tables.Swr.Add(
        403, "4031042", "Too many requests.",
        en: new(
            "Your account sends more requests per second than Images:Traffic:RequestsPerSecondPerAccount allows, or you have more unfinished uploads in one repository " +
            "than Images:MaxOpenUploads; others are not affected.",
            "Honour Retry-After, lower the parallelism of the client (docker: max-concurrent-uploads) and let CI jobs cache what they " +
            "pull. Finish or DELETE uploads that were begun; those that rest go after Images:UploadHours."),
        zh: new(
            "您的账号每秒请求数超过 Images:Traffic:RequestsPerSecondPerAccount，或您在同一镜像仓库中未完成的上传多于 Images:MaxOpenUploads；其他账号和用户不受影响。",
            "请遵守 Retry-After，降低客户端并发（docker 的 max-concurrent-uploads），并让 CI 任务缓存已下载的内容。已开始的上传请完成，或用 " +
            "DELETE 放弃；闲置的上传在 Images:UploadHours 之后自动清除。"),
        provoke: "Set Images:MaxOpenUploads to 1 and begin two uploads in one repository.",
        provokeChinese: "将 Images:MaxOpenUploads 设为 1，然后在同一镜像仓库中开始两个上传。");

    public static readonly ErrorDefinition SystemBusy = Tables.Swr.Add(
        409, "4090023", "The system is busy. Please try again later.",
        en: new(
            "Something else holds the lock on the same session, repository, organization or package, and did not release it within a " +
            "few seconds; the same job runs already; or the tag to be deleted is in use: it was pulled lately, or a workload or an add-on names it.",
            "Wait for the other push or collection to end and repeat; if an abandoned upload blocks you, end it with " +
            "DELETE /v2/{name}/blobs/uploads/{session_id}. The detail names who uses a tag; DELETE …/repos/{repository}/tags/{tag}?force=true deletes it all the same."),
        zh: new(
            "同一会话、镜像仓库、组织或软件包正被其他操作占用，数秒内未释放；或者相同的任务正在运行；或者要删除的版本正在使用：近期被拉取过，或被工作负载、插件引用。",
            "请等待其他推送或回收结束后重试；如果被遗弃的上传阻塞，请用 DELETE " +
            "/v2/{name}/blobs/uploads/{session_id} 结束它。详情会列出谁在使用该版本；DELETE …/repos/{repository}/tags/{tag}?force=true 仍可删除。"),
        provoke: "Send a second chunk to an upload session while a slow one is still arriving.",
        provokeChinese: "在较慢的一块仍在到达时，向同一上传发送第二块。");

    public static readonly ErrorDefinition InvalidIsPublic = Tables.Swr.Add(
        400, "4001009", "The parameter is_public must be true or false.",
        en: new(
            "is_public, which decides between a public and a private repository or package, is not a boolean.",
            "Send true or false without quotes in JSON, and the words true or false in a query."),
        zh: new(
            "决定公开或私有的 is_public 不是布尔值。",
            "JSON 中请填不带引号的 true 或 false；查询参数中请填 true 或 false。"),
        provoke: "Create a repository with \"is_public\":\"yes\".",
        provokeChinese: "创建镜像仓库时传 \"is_public\":\"yes\"。");

    public static readonly ErrorDefinition DescriptionTooLong = Tables.Swr.Add(
        413, "4131012", "The description exceeds the maximum length.",
        en: new(
            "The description is longer than its kind allows: 30000 characters for images and packages, 1000 for organizations and " +
            "shares.",
            "Shorten it and keep long text in the repository itself; characters are counted, not bytes."),
        zh: new(
            "描述超过该对象允许的长度：镜像与软件包为 30000 个字符，组织与共享为 1000 个字符。",
            "请缩短描述，长文本可放到代码仓库中；按字符数而不是字节数计算。"),
        provoke: "Update a repository with a description of 30001 characters.",
        provokeChinese: "用超过 30000 个字符的 description 修改镜像仓库。");

    public static readonly ErrorDefinition InvalidDomain = Tables.Swr.Add(
        400, "4001041", "Invalid domain parameter.",
        en: new(
            "An account name in the path or body is malformed, unknown, or your own where another one is needed.",
            "Use the account's name, not its id and not a user's name; the own name is what GET /v2/manage/overview shows as " +
            "domain_name."),
        zh: new(
            "路径或请求体中的账号名格式不对、不存在，或在需要他人账号之处填了自己的账号。",
            "请填写账号名，而不是账号 ID 或用户名；自己的账号名见 GET /v2/manage/overview 返回的 domain_name。"),
        provoke: "List the packages of an account that does not exist.",
        provokeChinese: "列出不存在的账号的软件包仓库。");

    public static readonly ErrorDefinition InvalidUserName = Tables.Swr.Add(
        400, "4001067", "Invalid user name.",
        en: new(
            "The user_name of a grant is malformed or is not the name of the user whose user_id stands beside it.",
            "Take both from one entry of GET /v3/users; after a user was renamed the old name no longer fits."),
        zh: new(
            "授权中的 user_name 格式不对，或与同一条目中 user_id 对应的用户名不一致。",
            "请从 GET /v3/users 的同一条记录中取这两个值；用户改名后旧名称不再匹配。"),
        provoke: "Grant access with the id of one user and the name of another.",
        provokeChinese: "授权时使用一个用户的 ID 和另一个用户的名称。");

    public static readonly ErrorDefinition CreateFailed = Tables.Swr.Add(
        500, "5000046", "Internal server error: creation failed.",
        en: new(
            "A new repository, share, retention rule, trigger, package repository, build task or agency could not be written to the " +
            "database.",
            "Nothing was created, so the call can be repeated as it is; operator: other creations fail as well when the disk is full " +
            "or the database is read-only, so check that first."),
        zh: new(
            "新的镜像仓库、共享、老化规则、触发器、软件包仓库、构建任务或委托未能写入数据库。",
            "未创建任何内容，可原样重试；运维请先检查磁盘是否已满、数据库是否只读，此时其他创建操作也会失败。"),
        provoke: "Let the database refuse new triggers and create one.",
        provokeChinese: "让数据库拒绝写入 repositories 表，然后创建镜像仓库。");

    public static readonly ErrorDefinition DeleteFailed = Tables.Swr.Add(
        500, "5000005", "Internal server error: deletion failed.",
        en: new(
            "Removing the row of a repository, repository grant, share, retention rule, trigger, sync rule, favourite, package " +
            "repository or build task failed.",
            "The object still exists and the deletion can be repeated; a row that never goes away is locked by a long transaction or " +
            "damaged, which the database's own log tells."),
        zh: new(
            "删除镜像仓库、镜像授权、共享、老化规则、触发器、同步规则、收藏、软件包仓库或构建任务的记录时失败。",
            "对象仍然存在，可再次删除；若始终删不掉，多半是被长事务锁住或记录损坏，请查看数据库自身的日志。"),
        provoke: "Let the database refuse to delete triggers and delete one.",
        provokeChinese: "让数据库拒绝删除 repositories 表中的行，然后删除镜像仓库。");

    public static readonly ErrorDefinition GetFailed = Tables.Swr.Add(
        500, "5000007", "Internal server error: failed to get the resource.",
        en: new(
            "One record (a share, retention rule, trigger, overview, agency, package repository, version, file, signature or build " +
            "task) could not be read.",
            "Try the corresponding list: when that works only this row is damaged, when it fails too the database is unreachable."),
        zh: new(
            "某一条记录（共享、老化规则、触发器、概览、委托、软件包仓库、版本、文件、签名或构建任务）无法读取。",
            "请尝试对应的列表接口：列表正常说明只有该行损坏，列表也失败说明数据库不可达。"),
        provoke: "Make the table of agencies unreadable and ask whether there is one.",
        provokeChinese: "使委托数据表不可读，然后查询是否已创建委托。");

    public static readonly ErrorDefinition ListFailed = Tables.Swr.Add(
        500, "5000008", "Internal server error: failed to get the list.",
        en: new(
            "A list that has no code of its own (shares, retention rules, triggers, sync rules and jobs, regions, quotas, favourites, " +
            "packages, builds) could not be read.",
            "Repeat with a small limit to tell a slow query from a broken database, and compare with GET /v2/manage/repos, which " +
            "reads other tables."),
        zh: new(
            "没有专用错误码的列表（共享、老化规则、触发器、同步规则与任务、区域、配额、收藏、软件包、构建）读取失败。",
            "请用较小的 limit 重试以区分查询过慢与数据库故障，并与读取其他表的 GET /v2/manage/repos 对比。"),
        provoke: "Make the table of daily traffic unreadable and get its report.",
        provokeChinese: "使每日流量数据表不可读，然后查询其报表。");

    public static readonly ErrorDefinition UpdateFailed = Tables.Swr.Add(
        500, "5000011", "Internal server error: update failed.",
        en: new(
            "Changing a repository, share, retention rule, trigger, package repository or build task, or counting a finished push, " +
            "could not be written.",
            "The old values are still in force; repeat the change, and after a failed push repeat the push, which uploads nothing " +
            "twice."),
        zh: new(
            "修改镜像仓库、共享、老化规则、触发器、软件包仓库或构建任务，或在推送后更新计数时写入失败。",
            "原有的值仍然有效，请重试；如果发生在推送时，请重新推送，已上传的层不会重复上传。"),
        provoke: "Let the database refuse updates of repositories and push.",
        provokeChinese: "让数据库拒绝更新仓库，然后推送。");

    public static readonly ErrorDefinition SaveFailed = Tables.Swr.Add(
        500, "5000054", "Internal server error: saving failed.",
        en: new(
            "Something that is created or replaced in one step was not saved: a sync rule, a favourite, the manifests of a session or " +
            "the start of a build.",
            "Whatever was saved before is unchanged; send the same call again, it has no side effect when it was half done."),
        zh: new(
            "一步完成“新建或替换”的内容未能保存：同步规则、收藏、会话的 manifests 或构建的启动记录。",
            "此前保存的内容不变；请重新发送同样的请求，重复执行没有副作用。"),
        provoke: "Let the database refuse updates of sessions and submit manifests.",
        provokeChinese: "让数据库拒绝更新会话，然后提交 manifests。");

    public static readonly ErrorDefinition JsonConversionFailed = Tables.Swr.Add(
        500, "5000032", "Internal server error: JSON conversion failed.",
        en: new(
            "A value that is kept as JSON in the database, such as the manifests of a package, no longer parses, or an " +
            "answer could not be written as JSON.",
            "Write the damaged value again with PATCH; find it by reading them one by one. Editing rows by hand is " +
            "the usual cause."),
        zh: new(
            "数据库中以 JSON 保存的值（例如软件包的 manifests）无法解析，或响应无法写成 JSON。",
            "请逐条读取以找出损坏的值，并用 PATCH 重新写入；常见原因是手工修改了数据库记录。"),
        provoke: "Overwrite the stored manifests of a package with a broken text and get it.",
        provokeChinese: "用无效文本覆盖软件包保存的 manifests，然后查询它。");

    public static readonly ErrorDefinition ExternalAddressNotConfigured = Tables.Swr.Add(
        500, "5001002", "Internal server error: the external address is not enabled.",
        en: new(
            "The answer has to contain the address under which clients reach the registry, and Images:ExternalHost says that there is none.",
            "Operator: set Images:ExternalHost to the name that docker login uses, with its port if it is not 443, or to auto, " +
            "and restart."),
        zh: new(
            "响应中需要给出客户端访问镜像仓库的地址，但 Images:ExternalHost 设置为没有外部地址。",
            "运维请把 Images:ExternalHost 设置为 docker login 所用的名称（端口不是 443 时要带端口）或 auto，然后重启。"),
        provoke: "Set Images:ExternalHost=none and show a repository.",
        provokeChinese: "设置 Images:ExternalHost=none，然后查询一个镜像仓库。");

    public static readonly ErrorDefinition GetInstanceIpFailed = Tables.Swr.Add(
        500, "5000061", "Failed to get the instance IP address.",
        en: new(
            "The internal address is to be looked up in the microservice registry, and no live instance of the image service could be " +
            "found there.",
            "Check that the registry runs and lists an instance of this service with status UP, or configure a fixed internal " +
            "address, which needs no lookup."),
        zh: new(
            "内部地址设置为从微服务注册中心查询，但找不到镜像服务的存活实例。",
            "请确认注册中心正常且列出本服务状态为 UP 的实例；或改为配置固定的内部地址，不再依赖查询。"),
        provoke: "Set Images:InternalHost=registry:APPLICATION/SERVICE, register no instance of it, and show a repository.",
        provokeChinese: "设置 Images:InternalHost=registry:应用/微服务，且没有该微服务的实例，然后查询一个镜像仓库。");

    public static readonly ErrorDefinition GetLocalIpFailed = Tables.Swr.Add(
        500, "5000062", "Failed to get the local IP address.",
        en: new(
            "The internal address is to be taken from a network interface that this machine does not have or that carries no address.",
            "Compare the interface name in the configuration with ip addr; in containers it is usually eth0, and it changes when the " +
            "network mode does."),
        zh: new(
            "内部地址设置为取自某个网卡，但本机没有该网卡或网卡没有地址。",
            "请把配置中的网卡名与 ip addr 的输出核对；容器中通常是 eth0，网络模式改变后名称也会改变。"),
        provoke: "Set Images:InternalHost=interface:NAME to an interface that does not exist, and show a repository.",
        provokeChinese: "将 Images:InternalHost 设为不存在的网卡，然后查询一个镜像仓库。");

    public static readonly ErrorDefinition ObjectStorageUnavailable = Tables.Swr.Add(
        507, "5070070", "The object storage service is not enabled or is faulty. Check it first.",
        en: new(
            "Uploaded archives and packages are kept in the object store, and it is unreachable, refuses the credentials, " +
            "lacks the bucket or its mark, or is full.",
            "Operator: run stagedoor doctor, and check the store's endpoint, bucket, keys and free space. Pulls of stored images are " +
            "not affected by a full store."),
        zh: new(
            "上传的镜像包和软件包存放在对象存储中，而对象存储无法连接、凭据被拒绝、缺少桶或安装标记，或空间已满。",
            "运维请运行 stagedoor doctor，并检查存储的地址、桶、密钥和剩余空间；空间已满不影响下载已有镜像。"),
        provoke: "Move the object store's folder away and page-upload an image.",
        provokeChinese: "移走对象存储的目录，然后页面上传镜像。");
}
