namespace Stagedoor.Errors;

// Image repositories, the grants on them, sharing, triggers and synchronization.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition InvalidImageName = Tables.Swr.Add(
        400, "4001029", "Invalid image name.",
        en: new(
            "The repository name, in the path, the body or inside an uploaded archive, breaks the naming rule.",
            "Use 1 to 128 characters of a-z and 0-9, and between them one dot, one slash, one or two underscores or any number of hyphens, " +
            "never two kinds side by side; no capitals."),
        zh: new(
            "路径、请求体或所上传镜像包中的镜像名称不符合命名规则。",
            "请使用 1 到 128 个字符：a-z 和 0-9，其间可用一个点、一个斜杠、一到两个下划线或任意个中划线，不同的分隔符不能相邻；不允许大写。"),
        provoke: "Push to a repository named a___b.",
        provokeChinese: "向名为 a___b 的仓库推送。");

    public static readonly ErrorDefinition ImageNotFound = Tables.Swr.Add(
        404, "4040010", "The image does not exist.",
        en: new(
            "The organization exists but has no repository of this name.",
            "Check the name after the host, organization included; the repository appears with its first push, and GET " +
            "/v2/{name}/tags/list shows its tags."),
        zh: new(
            "组织存在，但其中没有该名称的镜像仓库。",
            "请检查主机名之后的名称（含组织）；仓库在首次推送后出现，GET /v2/{name}/tags/list 可查看" +
            "其版本。"),
        provoke: "Delete a manifest of a repository that does not exist.",
        provokeChinese: "删除不存在的仓库中的清单。");

    public static readonly ErrorDefinition ImageExists = Tables.Swr.Add(
        409, "4090006", "The image already exists.",
        en: new(
            "What is to be created is there already: a repository, a tag, a trigger, a package, a version or a build task of this name.",
            "Use the existing one or update it with PATCH; to move a tag send \"override\":true, and package names must be unique in " +
            "the whole organization."),
        zh: new(
            "要创建的对象已存在：同名的镜像仓库、版本、触发器、软件包、包版本或构建任务。",
            "请直接使用或用 PATCH 更新；移动镜像版本请带上 \"override\":true；软件包名称在整个组织内唯一。"),
        provoke: "Create the same repository twice.",
        provokeChinese: "用同一名称两次创建镜像仓库。");

    public static readonly ErrorDefinition ImageNotEmpty = Tables.Swr.Add(
        406, "4060012", "The image repository cannot be deleted because it still contains images.",
        en: new(
            "A repository is only deleted when no tag is left in it.",
            "List and delete the tags first (GET /v2/manage/namespaces/{namespace}/repos/{repository}/tags and DELETE " +
            "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}), or let a retention rule empty it; deleted tags that can still be restored do not block."),
        zh: new(
            "镜像仓库中没有任何版本时才能删除。",
            "请先列出并删除版本（GET /v2/manage/namespaces/{namespace}/repos/{repository}/tags 与 DELETE " +
            "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}），或用老化规则清空；已删除但仍可恢复的版本不影响删除。"),
        provoke: "Push an image and delete its repository.",
        provokeChinese: "推送一个版本，然后删除该镜像仓库。");

    public static readonly ErrorDefinition ImageQuotaExceeded = Tables.Swr.Add(
        400, "4000098", "The number of images exceeds the limit.",
        en: new(
            "Creating the repository explicitly would exceed the number of images that the account may have.",
            "GET /v2/manage/projects/{project_id}/quotas says how many there are. Delete repositories nobody pulls (num_download of GET /v2/manage/repos tells), or have Images:MaxRepositoriesPerAccount raised."),
        zh: new(
            "显式创建该镜像仓库会超过账号允许的镜像数量。",
            "GET /v2/manage/projects/{project_id}/quotas 会给出已有数量。请删除无人下载的镜像仓库（参考 GET /v2/manage/repos 的 num_download），或调高 Images:MaxRepositoriesPerAccount。"),
        provoke: "Set Images:MaxRepositoriesPerAccount=1 and create two repositories.",
        provokeChinese: "设置 Images:MaxRepositoriesPerAccount=1，然后创建两个镜像仓库。");

    public static readonly ErrorDefinition ImageLimitReached = Tables.Swr.Add(
        500, "5007019", "Failed to create the image. The number of images has reached the limit.",
        en: new(
            "An upload, a build or a push would have created a repository on the way, and the account has no room for another one.",
            "Push to an existing repository, or free one; nothing of the upload was kept. It is a quota although the " +
            "status is 500, so a retry does not help. Operator: Images:MaxRepositoriesPerAccount sets the limit."),
        zh: new(
            "上传、构建或推送需要顺带创建镜像仓库，而账号的镜像数量已达上限。",
            "请推送到已有的镜像仓库，或先腾出名额；本次上传的内容未保留。状态码虽为 500，但这是配额限制，重试无效。运维：" +
            "上限由 Images:MaxRepositoriesPerAccount 设置。"),
        provoke: "Set Images:MaxRepositoriesPerAccount to 1 and push to two repositories.",
        provokeChinese: "将 Images:MaxRepositoriesPerAccount 设为 1，然后向两个仓库推送。");

    public static readonly ErrorDefinition ImageOwnedByAnotherUser = Tables.Swr.Add(
        401, "4011044", "The image was created by another user. You are not authorized to upload it.",
        en: new(
            "The repository or package was created by a colleague, and your permission in its organization does not reach to " +
            "overwrite it.",
            "Ask the creator or an account administrator to push it, or push under another name."),
        zh: new(
            "该镜像仓库或软件包由其他用户创建，而您在其组织中的权限不足以覆盖它。",
            "请让创建者或账号管理员推送，或换一个名称推送。"),
        provoke: "Push to a repository that a colleague created, as a user without a role.",
        provokeChinese: "以没有角色的用户向同事创建的仓库推送。");

    public static readonly ErrorDefinition GetImageFailed = Tables.Swr.Add(
        500, "5000002", "Internal server error: failed to get the image information.",
        en: new(
            "The repository that a management call names could not be looked up.",
            "The list of repositories reads the same table: if that answers, repeat the call, otherwise start with the database's " +
            "connection and its log."),
        zh: new(
            "管理接口需要查询的镜像仓库无法读取。",
            "镜像列表读取的是同一张表：如果列表正常请重试，否则请从数据库连接及其日志查起。"),
        provoke: "Make the table of repositories unreadable and get one.",
        provokeChinese: "让 repositories 表不可读，然后查询一个镜像仓库。");

    public static readonly ErrorDefinition ListImagesFailed = Tables.Swr.Add(
        500, "5000003", "Internal server error: failed to get the image list.",
        en: new(
            "The list of repositories, your own, those shared with you or the catalog of the registry, could not be read.",
            "Pulls and pushes do not use this query and may still work; try limit=1 to see whether only large pages time out."),
        zh: new(
            "自有、共享给您的镜像列表或镜像仓库目录（catalog）读取失败。",
            "下载和推送不使用该查询，可能仍然正常；请用 limit=1 试一次，判断是否只有大分页超时。"),
        provoke: "Make the table of repositories unreadable and list them.",
        provokeChinese: "使镜像仓库表不可读，然后查询列表。");

    public static readonly ErrorDefinition InvalidPermission = Tables.Swr.Add(
        400, "4001066", "Invalid permission.",
        en: new(
            "The level of a repository grant or share is not one that exists, or you tried to change your own grant.",
            "Grants take auth 7, 3 or 1; shares with another account only take permit read; your own level has to be changed by " +
            "somebody else."),
        zh: new(
            "镜像授权或共享的级别不存在，或者您在修改自己的授权。",
            "授权的 auth 为 7、3 或 1；共享给其他账号的 permit 只能是 read；自己的级别须由他人修改。"),
        provoke: "Share a repository with the permit write.",
        provokeChinese: "以 permit 为 write 共享镜像仓库。");

    public static readonly ErrorDefinition PermissionExists = Tables.Swr.Add(
        409, "4090089", "The permission already exists.",
        en: new(
            "The user already has a grant on this repository, the account already shares it, or the service may act for the account already.",
            "Change what is there with PATCH on the same path; for a share that only ran out it is enough to set a new deadline. An agency needs no more."),
        zh: new(
            "该用户在此镜像仓库已有授权，或该账号已被共享，或账号已创建委托。",
            "请在同一路径用 PATCH 修改；如果只是共享过期，重新设置 deadline 即可。委托无需再次创建。"),
        provoke: "Grant the same user access to a repository twice.",
        provokeChinese: "对同一用户两次授予同一镜像仓库的权限。");

    public static readonly ErrorDefinition PermissionNotFound = Tables.Swr.Add(
        404, "4040091", "The permission does not exist.",
        en: new(
            "There is no such grant, share, retention rule, trigger or sync rule on this repository, or no such webhook or delivery on what the path names.",
            "List what the repository has on the same path without the last segment; a retention rule is addressed by its number, a " +
            "trigger by its name, a share by the account's name, a webhook and its deliveries by the id that the list shows."),
        zh: new(
            "该镜像仓库没有这样的授权、共享、老化规则、触发器或同步规则，或路径所指的对象没有这样的 Webhook 或投递记录。",
            "请去掉路径最后一段列出现有内容；老化规则用数字 ID，触发器用名称，共享用账号名，Webhook 及其投递记录用列表中的 ID 来指定。"),
        provoke: "Delete the share of an account that the repository is not shared with.",
        provokeChinese: "删除一个并未共享给该账号的共享。");

    public static readonly ErrorDefinition GetPermissionFailed = Tables.Swr.Add(
        500, "5000090", "Internal server error: failed to get the permission.",
        en: new(
            "The grants on repositories could not be read, neither for the access list nor to decide whether you may do this.",
            "Account administrators are refused as well while it lasts; once the table reads again all grants are as before."),
        zh: new(
            "镜像授权无法读取，既不能列出，也无法判断您是否有权操作。",
            "故障期间账号管理员同样会被拒绝；表恢复可读后所有授权保持原样。"),
        provoke: "Make the table of repository grants unreadable and push as a user who is no administrator.",
        provokeChinese: "使仓库授权表不可读，然后以非管理员用户推送。");

    public static readonly ErrorDefinition UpdatePermissionFailed = Tables.Swr.Add(
        500, "5000092", "Internal server error: failed to update the permission.",
        en: new(
            "The changed levels of users on this repository were not written, for none of the listed users.",
            "GET …/repos/{repository}/access shows the levels that are in force; repeat the PATCH until it shows the new ones."),
        zh: new(
            "用户在该镜像仓库上的新级别未写入，列表中的用户均未变更。",
            "GET …/repos/{repository}/access 显示当前生效的级别；请重试 PATCH，直到显示新级别为止。"),
        provoke: "Let the database refuse updates of repository grants and change one.",
        provokeChinese: "让数据库拒绝更新仓库授权，然后修改一条授权。");

    public static readonly ErrorDefinition CreatePermissionFailed = Tables.Swr.Add(
        500, "5000093", "Internal server error: failed to create the permission.",
        en: new(
            "New grants on this repository passed the checks of IAM but were not written.",
            "Send the list again; until then the users keep whatever their organization grants them."),
        zh: new(
            "该镜像仓库的新授权已通过 IAM 校验，但未写入。",
            "请重新发送列表；在此之前这些用户只拥有其组织授予的权限。"),
        provoke: "Let the database refuse new repository grants and add one.",
        provokeChinese: "让数据库拒绝新增仓库授权，然后添加一条授权。");

    public static readonly ErrorDefinition UnsupportedRegistryType = Tables.Swr.Add(
        400, "4001037", "The registry type is not supported.",
        en: new(
            "The target region is configured with a kind of registry that images cannot be synchronized to.",
            "Operator: give the region the type swr, docker-registry or harbor; users can see the regions with GET /v2/manage/regions " +
            "and choose another one."),
        zh: new(
            "目标区域配置的仓库类型不支持镜像同步。",
            "运维请把该区域的类型设为 swr、docker-registry 或 harbor；用户可用 GET /v2/manage/regions 查看并改选其他区域。"),
        provoke: "Configure a region of the type x and synchronize to it.",
        provokeChinese: "配置类型为 x 的区域并同步到该区域。");

    public static readonly ErrorDefinition RegistryUnavailable = Tables.Swr.Add(
        500, "5001038", "The registry is unavailable.",
        en: new(
            "The registry of the target region was probed before the synchronization was accepted, and it is unreachable or refused " +
            "the stored credentials.",
            "From the server, request https://{endpoint}/v2/ and expect 200 or 401; then check name resolution, certificate and the " +
            "credentials of the region."),
        zh: new(
            "在接受同步任务之前探测了目标区域的仓库，但无法连接或其拒绝了保存的凭据。",
            "请在服务器上访问 https://{endpoint}/v2/，应返回 200 或 401；然后检查域名解析、证书和该区域的凭据。"),
        provoke: "Stop the remote registry and create a sync rule.",
        provokeChinese: "停止远端镜像仓库，然后创建同步规则。");

    public static readonly ErrorDefinition GetServiceFailed = Tables.Swr.Add(
        500, "5000084", "Internal server error: failed to get the service.",
        en: new(
            "A trigger was to be created, and the cluster service that knows its workload could not be asked, or this installation has none.",
            "Repeat it when the cluster service answers; triggers that exist keep their settings. Where there is no cluster service, a webhook tells another " +
            "tool of each push."),
        zh: new(
            "创建触发器时需要查询集群服务以确认工作负载，但查询失败，或者本安装没有集群服务。",
            "请在集群服务恢复后重试；已有的触发器设置不受影响。没有集群服务时，可用 webhook 把每次推送通知给其他工具。"),
        provoke: "Stop the cluster service and create a trigger.",
        provokeChinese: "停止集群服务，然后创建触发器。");
}
