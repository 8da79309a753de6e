namespace Stagedoor.Errors;

/// <summary>The codes of the add-on manager.</summary>
public static class AddonsCodes
{
    private static readonly ErrorTable s_table = new(
        "SVCSTG.CCE-ADDONMGR.", Envelope.Addons, "addons", "Founding document of the add-on manager: its published error codes");

    // For what the founding document has no code for.
    private static readonly ErrorTable s_official = new("CCE.", Envelope.Addons, "addons", "Public reference of CCE: the error codes of its add-ons");

    /// <summary>Every row of the service.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => [.. s_table.Rows, .. s_official.Rows];

    public static readonly ErrorDefinition InvalidBody = s_table.Add(
        400, "4000003", "Request Body Error",
        en: new(
            "The body is not what the operation takes: broken JSON, a missing or misspelt field, the wrong annotation, a chart that " +
            "does not pass its checks, or values that violate the chart's schema.",
            "message names the field, or the file in the package. A package may be as large as Addons:MaxPackageBytes says. An install needs the annotation addon.install/type and an upgrade addon.upgrade/type; check " +
            "charts with helm lint, values against values.schema.json, and use rollback instead of a lower version."),
        zh: new(
            "请求体不符合接口要求：JSON 损坏、字段缺失或拼错、注解错误、chart 未通过检查，或 values 不符合 chart 的 schema。",
            "message 会指出字段或软件包中的文件。软件包大小上限由 Addons:MaxPackageBytes 设定。安装需要注解 addon.install/type，升级需要 addon.upgrade/type；chart 请用 helm lint 检查，values 请对" +
            "照 values.schema.json；降低版本请使用回滚。"),
        provoke: "POST a broken JSON text to /api/v3/projects/{project_id}/clusters.",
        provokeChinese: "向 /api/v3/projects/{project_id}/clusters 提交损坏的 JSON。");

    public static readonly ErrorDefinition VersionInUse = s_table.Add(
        400, "4030301", "Addon version can't be delete because of used by cluster",
        en: new(
            "The add-on version is installed, or is the target of a running upgrade, in at least one cluster; neither deleting it nor " +
            "replacing its content is allowed.",
            "message lists the clusters and instances; upgrade or delete those instances first, or publish the changed chart under a " +
            "new version."),
        zh: new(
            "该插件版本已安装在至少一个集群中，或是正在进行的升级的目标；既不能删除也不能替换其内容。",
            "message 会列出集群与实例；请先升级或删除这些实例，或以新版本号发布修改后的 chart。"),
        provoke: "Install a version on a cluster and delete that version.",
        provokeChinese: "在集群上安装某个版本，然后删除该版本。");

    public static readonly ErrorDefinition ClusterNotSupported = s_table.Add(
        400, "4030302", "The cluster can't support the addon",
        en: new(
            "The cluster's version or type is not among those of the template, a required add-on is missing or a conflicting one " +
            "present, or the instance is in no state for a rollback.",
            "GET /api/v3/addontemplates?cluster_id={id} lists the versions that fit this cluster; install what requires names, and " +
            "check that the cluster is Available."),
        zh: new(
            "集群的版本或类型不在模板支持范围内，缺少依赖插件或存在冲突插件，或实例当前状态不允许回滚。",
            "GET /api/v3/addontemplates?cluster_id={id} 会列出适用于该集群的版本；请先安装 requires 中的插件，并确认集群状态为 " +
            "Available。"),
        provoke: "Install a template that needs Kubernetes 1.25 on a cluster of 1.20.",
        provokeChinese: "在 1.20 的集群上安装需要 Kubernetes 1.25 的插件。");

    public static readonly ErrorDefinition AddonNotFound = s_table.Add(
        400, "4040204", "Addon not exist",
        en: new(
            "No template, version or instance of this name or id exists, or the instance belongs to another cluster than cluster_id " +
            "says. The status is 400 unless the dialect cce-v3 is on, which makes it 404.",
            "List with GET /api/v3/addontemplates; when Terraform ends a destroy with this " +
            "error, set Addons:Dialect to cce-v3."),
        zh: new(
            "不存在该名称或 ID 的模板、版本或实例，或实例所属集群与 cluster_id 不符。状态码为 400，启用 cce-v3 方言后为 404。",
            "请用 GET /api/v3/addontemplates 列出；如果 Terraform 在 destroy 结束时报此错误，请" +
            "将 Addons:Dialect 设为 cce-v3。"),
        provoke: "Get a template that nobody has published.",
        provokeChinese: "查询一个未发布的模板。");

    public static readonly ErrorDefinition GetUserFailed = s_table.Add(
        500, "5000001", "Get UserInfo Error",
        en: new(
            "The gateway accepted your credential, but the add-on manager could not get user and project from IAM: it is down, too " +
            "slow (3 seconds), answers nonsense, or the user was deleted meanwhile.",
            "Try GET /v3/auth/projects with the same token; if that fails too, identity management's database has to be repaired, or the token " +
            "renewed by a user that there is."),
        zh: new(
            "网关已接受您的凭据，但插件管理器无法从 IAM 获取用户与项目：IAM 停止、超过 3 秒未应答、返回无效内容，或用户已被删除。",
            "请用同一 Token 调用 GET /v3/auth/projects；如果同样失败，则需修复 IAM 的数据库，或以仍存在的用户重新获取 Token。"),
        provoke: "Take the table of users away, and install an add-on while the gateway still knows the caller.",
        provokeChinese: "移走用户表，并在网关仍记得调用者时安装一个插件。");

    public static readonly ErrorDefinition GetInstanceFailed = s_table.Add(
        500, "5000002", "Get Addon Instance Error",
        en: new(
            "An add-on instance or the release behind it could not be fetched: the database is down, the cluster's API server does " +
            "not answer, or the directory of the gitops driver cannot be read.",
            "Run kubectl --kubeconfig {the registered one} get ns from the server for cluster faults; what is installed keeps " +
            "running, only managing it is blocked."),
        zh: new(
            "无法获取插件实例或其对应的 release：数据库故障、集群 API Server 无应答，或 gitops 驱动的目录无法读取。",
            "集群故障请在服务器上执行 kubectl --kubeconfig {所注册的配置} get ns；已安装的插件继续运行，只是暂时无法管理。"),
        provoke: "Put a file in the place of a release's folder and upgrade the add-on.",
        provokeChinese: "用一个文件取代 release 的目录，然后升级该插件。");

    public static readonly ErrorDefinition ConvertResponseFailed = s_table.Add(
        500, "5000006", "Convert response error",
        en: new(
            "Something was fetched but cannot be understood: a damaged release Secret, an inventory.json that does not parse, or a " +
            "web page where the API server should answer.",
            "An HTML answer means that the registered server address leads to a login page or proxy; a damaged release is repaired " +
            "with helm rollback, or by deleting that revision's Secret."),
        zh: new(
            "已取得内容但无法解析：release 的 Secret 损坏、inventory.json 无法解析，或 API Server 的地址返回了网页。",
            "返回 HTML 说明注册的地址指向登录页或代理；release 损坏可用 helm rollback 修复，或删除该修订版的 Secret。"),
        provoke: "Overwrite the inventory.json of a release with a single brace and upgrade the add-on.",
        provokeChinese: "将某个 release 的 inventory.json 改写为一个左花括号，然后升级该插件。");

    public static readonly ErrorDefinition SerializeFailed = s_table.Add(
        500, "5000007", "Convert object to []byte error",
        en: new(
            "Values or a rendered manifest contain something that JSON cannot express: NaN or infinity, a key that is no text, a YAML " +
            "anchor that contains itself, or nesting deeper than 64.",
            "Look in values.yaml for .nan, .inf, keys that are lists and recursive anchors; uploading without skip_lint names the " +
            "place at once."),
        zh: new(
            "values 或渲染出的清单含有 JSON 无法表达的内容：NaN、无穷大、非文本键、引用自身的 YAML 锚点，或嵌套超过 64 层。",
            "请在 values.yaml 中查找 .nan、.inf、以列表为键和递归锚点；不带 skip_lint 上传会直接指出位置。"),
        provoke: "Upload a chart with skip_lint whose values.yaml says ratio: .nan, and get the chart's values.",
        provokeChinese: "以 skip_lint 上传 values.yaml 中含 ratio: .nan 的 chart，然后查询其 values。");

    public static readonly ErrorDefinition UploadFileFailed = s_table.Add(
        500, "5000201", "Upload File Error",
        en: new(
            "The package could not be written to the store for charts (folder, object store or registry): it is unreachable, full, " +
            "refuses the keys, or what was written does not match.",
            "Nothing was published, so the upload can be repeated; check the store with stagedoor doctor, in particular free space, " +
            "bucket and credentials."),
        zh: new(
            "软件包无法写入 chart 的存储（目录、对象存储或镜像仓库）：不可达、已满、密钥被拒绝，或写入后校验不一致。",
            "没有发布任何内容，可重新上传；请用 stagedoor doctor 检查存储，尤其是剩余空间、桶和凭据。"),
        provoke: "Take installation.json out of the store's folder and publish an add-on.",
        provokeChinese: "从存储目录中移走 installation.json，然后发布一个插件。");

    public static readonly ErrorDefinition DeleteFileFailed = s_table.Add(
        500, "5000203", "Delete Remote File Error",
        en: new(
            "The package of a version could not be deleted from the store, so the version stays listed; a file that is gone already " +
            "would not be an error.",
            "Remove what holds the object (bucket retention, object lock, folder permissions) and repeat the DELETE; after replacing " +
            "a chart the new content is live and only the old file remains."),
        zh: new(
            "版本的软件包无法从存储中删除，因此该版本仍在列表中；文件已不存在不会报错。",
            "请解除对象的限制（桶保留策略、对象锁、目录权限）后重试 DELETE；若发生在替换 chart 时，新内容已生效，只是旧文件残留。"),
        provoke: "Take installation.json out of the store's folder and delete a version.",
        provokeChinese: "从存储目录中移走 installation.json，然后删除一个版本。");

    public static readonly ErrorDefinition Unauthorized = s_official.Add(
        401, "03401001", "Authorization failed.",
        en: new(
            "The Helm repository was asked without a credential, or with one that is none, is locked, or must not come from there.",
            "Log in as at the image registry: the user name is {project}@{access key}, and the password the login key that docker login takes. A token or a signature is as good."),
        zh: new(
            "访问 Helm 仓库时没有凭据，或凭据无效、已锁定、不允许从该地址使用。",
            "请使用与镜像仓库相同的登录：用户名为 {project}@{AK}，密码为 docker login 所用的登录密钥；也可使用 Token 或签名。"),
        provoke: "Get /helm/{project}/index.yaml without a credential.",
        provokeChinese: "不带凭据访问 /helm/{project}/index.yaml。");

    public static readonly ErrorDefinition Forbidden = s_official.Add(
        403, "03403001", "Forbidden.",
        en: new(
            "Your roles do not allow the action that message names, or the credential is for no project where one is needed.",
            "Have the role that message names granted, or call with a credential of the project that the cluster or chart is in."),
        zh: new(
            "您的角色不允许 message 中所指的操作，或凭据不属于任何项目而该接口需要项目。",
            "请授予 message 中所指的角色，或使用集群、chart 所在项目的凭据调用。"),
        provoke: "Register a cluster as a user who may only read.",
        provokeChinese: "以只读用户注册一个集群。");

    public static readonly ErrorDefinition NotFound = s_official.Add(
        404, "03404001", "Resource not found.",
        en: new(
            "There is no cluster, chart or release of this name or id in the project, or no operation under this path and method.",
            "message names what was looked for; list what the project has."),
        zh: new(
            "该项目中不存在此名称或 ID 的集群、chart 或 release，或该路径与方法没有对应的接口。",
            "message 会指出查找的对象；请列出该项目中已有的内容。"),
        provoke: "Get a cluster with a random UUID.",
        provokeChinese: "用随机 UUID 查询一个集群。");

    public static readonly ErrorDefinition Conflict = s_official.Add(
        409, "03409001", "Resource conflict.",
        en: new(
            "Something of this name is there already, a quota is used up, or what is to be removed is still in use.",
            "message says which: choose another name, upload with override, or remove what uses it. The quotas are Addons:MaxClustersPerProject, " +
            "Addons:MaxVersionsPerAccount and Addons:MaxChartsPerProject."),
        zh: new(
            "已存在同名资源、配额已用完，或要删除的资源仍在使用。",
            "message 会说明原因：请更换名称、使用 override 上传，或先删除使用者。配额由 Addons:MaxClustersPerProject、" +
            "Addons:MaxVersionsPerAccount 和 Addons:MaxChartsPerProject 设定。"),
        provoke: "Register two clusters of one name.",
        provokeChinese: "用同一名称注册两个集群。");

    public static readonly ErrorDefinition Installed = s_official.Add(
        409, "03409001", "Addon instance has installed.",
        en: new(
            "The cluster has an instance of this add-on already, whatever its state.",
            "Upgrade it with PUT /api/v3/addons/{id}, or delete it before it is installed anew."),
        zh: new(
            "集群中已有该插件的实例，无论其状态如何。",
            "请用 PUT /api/v3/addons/{id} 升级，或先删除再重新安装。"),
        provoke: "Install an add-on on a cluster twice.",
        provokeChinese: "在同一集群上两次安装同一插件。");

    public static readonly ErrorDefinition Locked = s_official.Add(
        429, "01429002", "Resource locked by other requests.",
        en: new(
            "An operation of this instance is still under way.",
            "Wait until its status is no longer installing, upgrading, rollbacking or deleting; Retry-After says when to ask again."),
        zh: new(
            "该实例的另一项操作尚未结束。",
            "请等待其状态不再是 installing、upgrading、rollbacking 或 deleting；Retry-After 指出何时重试。"),
        provoke: "Upgrade an add-on while it is being installed.",
        provokeChinese: "在插件安装过程中升级它。");

    public static readonly ErrorDefinition Internal = s_official.Add(
        500, "03500001", "Internal error.",
        en: new(
            "The add-on manager's database failed, or something happened that nobody has foreseen; nothing was changed that was not answered.",
            "Look at /readyz and in the log for the X-Request-Id of the answer, and repeat the call."),
        zh: new(
            "插件管理器的数据库故障，或发生了未预料的情况；未应答成功的改动没有生效。",
            "请查看 /readyz，并在日志中查找应答的 X-Request-Id，然后重试。"),
        provoke: "Take the table of clusters away and list them.",
        provokeChinese: "移走集群表后列出集群。");
}
