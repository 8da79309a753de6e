namespace Stagedoor.Errors;

// The registry itself (/v2/): what docker, podman and Helm see, with the OCI body around the code.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition InvalidDigest = Tables.Swr.Add(
        400, "4000013", "Invalid digest.",
        en: new(
            "A digest is malformed, uses an unknown algorithm, or is not the digest of the bytes that arrived: something changed the " +
            "content on the way.",
            "Compute sha256sum of the file and compare; push again, and if it happens repeatedly suspect a proxy that rewrites or " +
            "truncates bodies. For archives save the image anew."),
        zh: new(
            "digest 格式错误、算法未知，或与收到的内容不一致：内容在途中被改变。",
            "请对文件执行 sha256sum 比对并重新推送；反复出现时请怀疑改写或截断请求体的代理。镜像包请重新导出。"),
        provoke: "Upload a blob and finish it with another digest.",
        provokeChinese: "上传层并以另一个摘要结束上传。");

    public static readonly ErrorDefinition RegistryOrganizationNotFound = Tables.Swr.Add(
        404, "4041061", "The organization does not exist.",
        en: new(
            "A push or pull names an organization, the first part of the image name, that does not exist.",
            "Tag the image as {host}/{organization}/{name}:{tag} and create the organization first with POST /v2/manage/namespaces, " +
            "unless automatic creation is on and you are an administrator."),
        zh: new(
            "推送或下载的镜像名中第一段（组织）不存在。",
            "请把镜像标记为 {主机}/{组织}/{镜像}:{版本}，并先用 POST /v2/manage/namespaces 创建组织；开启自动创建且您是管理员时除外。"),
        provoke: "Push to an organization that does not exist.",
        provokeChinese: "向不存在的组织推送。", shape: Envelope.Oci);

    public static readonly ErrorDefinition CheckOrganizationFailed = Tables.Swr.Add(
        500, "5001046", "Internal server error: failed to check the organization.",
        en: new(
            "The registry or its token endpoint could not look up the organization of the image name, so login, push and pull stop.",
            "Clients retry by themselves; bring the database back, and note that the management API reports the same outage as 5000057."),
        zh: new(
            "镜像仓库或其 Token 端点无法查询镜像名中的组织，因此登录、推送和下载均中断。",
            "客户端会自行重试；请恢复数据库，同一故障在管理接口中表现为 5000057。"),
        provoke: "Make the table of organizations unreadable and push.",
        provokeChinese: "使组织表不可读，然后推送。", shape: Envelope.Oci);

    public static readonly ErrorDefinition SaveOrganizationFailed = Tables.Swr.Add(
        500, "5001047", "Internal server error: failed to save the organization.",
        en: new(
            "A push to a new organization should have created it, and the organization could not be written.",
            "Create it with POST /v2/manage/namespaces to see whether writing works at all, then push again; nothing of the push was " +
            "kept."),
        zh: new(
            "向新组织推送时应自动创建该组织，但写入失败。",
            "请用 POST /v2/manage/namespaces 创建，以确认写入是否正常，然后重新推送；本次推送没有保留任何内容。"),
        provoke: "Switch automatic creation on, let the database refuse new organizations and push.",
        provokeChinese: "启用自动创建，让数据库拒绝新增组织，然后推送。", shape: Envelope.Oci);

    public static readonly ErrorDefinition RegistryUpdateOrganizationFailed = Tables.Swr.Add(
        500, "5001062", "Internal server error: failed to update the organization.",
        en: new(
            "The image arrived, but the organization's counters could not be updated in the same transaction, so the push was taken " +
            "back.",
            "Push again once the database accepts updates: all layers are there already. A dead lock between many parallel pushes " +
            "looks the same and passes by itself."),
        zh: new(
            "镜像已到达，但组织计数未能在同一事务中更新，推送被撤销。",
            "数据库可更新后请重新推送，所有层都已存在。大量并行推送造成的死锁也表现为此错误，会自行恢复。"),
        provoke: "Let the database refuse updates of organizations and push.",
        provokeChinese: "让数据库拒绝更新组织，然后推送。", shape: Envelope.Oci);

    public static readonly ErrorDefinition BlobNotFound = Tables.Swr.Add(
        404, "4041051", "The image layer does not exist.",
        en: new(
            "The repository has no layer with this digest; a blob in another repository does not count until it is mounted or pushed " +
            "here.",
            "Before a push this is normal, it is how clients ask what is missing. During a pull it means the layer was deleted: push " +
            "the image again from where it was built."),
        zh: new(
            "该镜像仓库没有此 digest 的层；其他仓库中的层在挂载或推送到此之前不算。",
            "推送前出现属正常，客户端以此询问缺少什么；下载时出现则说明层已被删除，请从构建处重新推送该镜像。"),
        provoke: "Get a blob with a random digest.",
        provokeChinese: "用随机的摘要获取层。", shape: Envelope.Oci);

    public static readonly ErrorDefinition GetLayerFailed = Tables.Swr.Add(
        500, "5001050", "Internal server error: failed to get the image layer.",
        en: new(
            "The registry knows the layer but could not look it up or open its bytes in the store.",
            "Check that the file or object under blobs with this digest exists and is readable by the service's user; if it is gone, " +
            "restore it or push the image again."),
        zh: new(
            "镜像仓库知道该层，但查询失败或无法从存储中打开其内容。",
            "请检查 blobs 下对应 digest 的文件或对象是否存在、服务用户是否可读；如已丢失，请恢复备份或重新推送镜像。"),
        provoke: "Remove the stored file of a layer behind the server's back and pull it.",
        provokeChinese: "绕过服务删除某层的存储文件，然后拉取它。", shape: Envelope.Oci);

    public static readonly ErrorDefinition InvalidLayer = Tables.Swr.Add(
        500, "5001052", "Internal server error: the image layer is invalid.",
        en: new(
            "The stored bytes of a layer no longer match its recorded size or digest: the disk, a copy or a hand changed them, and " +
            "they are not served.",
            "Push the image again to replace the layer, then check the disk (smartctl, file system check) because other layers may be " +
            "damaged too."),
        zh: new(
            "存储中某层的内容与记录的大小或 digest 不符：被磁盘、拷贝或人为改变，因此不再提供下载。",
            "请重新推送镜像以替换该层，并检查磁盘（smartctl、文件系统检查），其他层也可能受损。"),
        provoke: "Cut the stored file of a layer short and pull it.",
        provokeChinese: "截短某层的存储文件，然后拉取它。", shape: Envelope.Oci);

    public static readonly ErrorDefinition InvalidLayerUpload = Tables.Swr.Add(
        500, "5001053", "Internal server error: the image layer upload is invalid.",
        en: new(
            "An upload was continued, and its record could not be read from the database, or what was received of it not from the store.",
            "Repeat the request: nothing that was acknowledged is lost. Look at the log of the server for what the database or the " +
            "store says. (Bytes that are gone are 4040043, and the client starts anew.)"),
        zh: new(
            "续传时无法从数据库读取该上传的记录，或无法从存储读取已收到的内容。",
            "请重复该请求：已确认的内容不会丢失。数据库或存储的报错请查看服务器日志。若内容已丢失，则返回 4040043，客户端会重新上传。"),
        provoke: "Take the table of uploads away and send the next chunk.",
        provokeChinese: "移走上传记录的数据表，然后发送下一块。", shape: Envelope.Oci);

    public static readonly ErrorDefinition CreateImagePathFailed = Tables.Swr.Add(
        500, "5001054", "Internal server error: failed to create the image path.",
        en: new(
            "The folder or file in which an upload is collected could not be created.",
            "Check that the uploads folder in the data directory is a folder, that the service's user may write there, and that the " +
            "file system has free inodes (df -i)."),
        zh: new(
            "无法创建用于接收上传内容的目录或文件。",
            "请检查数据目录下的 uploads 是否为目录、服务用户是否可写，以及文件系统是否还有 inode（df -i）。"),
        provoke: "Put a file in the place of the uploads folder and start an upload.",
        provokeChinese: "在 uploads 文件夹的位置放一个文件，然后开始上传。", shape: Envelope.Oci);

    public static readonly ErrorDefinition SaveLayerFailed = Tables.Swr.Add(
        500, "5001055", "Internal server error: failed to save the image layer.",
        en: new(
            "The bytes of a layer could not be written or committed, most often because the disk is full.",
            "Operator: check free space where the data directory lies and run stagedoor doctor; what nothing refers to " +
            "any more goes every Images:Collector:IntervalMinutes. Then push again; finished layers are kept."),
        zh: new(
            "层的内容无法写入或提交，最常见的原因是磁盘已满。",
            "运维：请检查数据目录所在磁盘的剩余空间并运行 stagedoor doctor；不再被引用的内容每隔 " +
            "Images:Collector:IntervalMinutes 分钟清除。然后重新推送，已完成的层会保留。"),
        provoke: "Fill the disk of the uploads folder and push a layer.",
        provokeChinese: "写满 uploads 文件夹所在的磁盘，然后推送一层。");

    public static readonly ErrorDefinition TagNotInRegistry = Tables.Swr.Add(
        404, "4041056", "The image tag does not exist.",
        en: new(
            "A pull asked for a tag that the repository does not have.",
            "Without a tag clients ask for latest, which exists only if somebody pushed it; see what there is with GET " +
            "/v2/{name}/tags/list."),
        zh: new(
            "下载的 tag 在该镜像仓库中不存在。",
            "未写 tag 时客户端会请求 latest，只有推送过才存在；请用 GET /v2/{name}/tags/list 查看现有 tag。"),
        provoke: "Pull a tag that does not exist.",
        provokeChinese: "拉取不存在的版本。", shape: Envelope.Oci);

    public static readonly ErrorDefinition GetTagListFailed = Tables.Swr.Add(
        500, "5001056", "Internal server error: failed to get the tag list.",
        en: new(
            "The registry could not read the tags of a repository for tags/list.",
            "Tools that scan tags (renovate, skopeo list-tags, Flux) fail meanwhile; pulls by digest work on. Check the database."),
        zh: new(
            "镜像仓库无法读取 tags/list 所需的 tag 数据。",
            "此期间扫描 tag 的工具（renovate、skopeo list-tags、Flux）会失败；按 digest 下载仍可用。请检查数据库。"),
        provoke: "Make the table of tags unreadable and call tags/list.",
        provokeChinese: "使版本表不可读，然后调用 tags/list。", shape: Envelope.Oci);

    public static readonly ErrorDefinition TagListNotFound = Tables.Swr.Add(
        404, "4041057", "The tag list does not exist.",
        en: new(
            "tags/list was called for a repository that does not exist; an existing one without tags answers an empty list instead.",
            "Check the name after the host, organization included; the repository appears with its first push."),
        zh: new(
            "对不存在的镜像仓库调用了 tags/list；存在但没有 tag 的仓库会返回空列表。",
            "请检查主机之后的名称（须包含组织）；首次推送后仓库才会出现。"),
        provoke: "Call tags/list of an unknown repository.",
        provokeChinese: "对未知的仓库调用 tags/list。", shape: Envelope.Oci);

    public static readonly ErrorDefinition ManifestNotFound = Tables.Swr.Add(
        404, "4041060", "The manifest does not exist.",
        en: new(
            "There is no manifest with this digest in the repository, or an index that is being pushed refers to one that is not there.",
            "Push the images of all platforms before their index (docker buildx does; with skopeo copy use --all); a deployment " +
            "pinned to an old digest needs that image pushed again."),
        zh: new(
            "镜像仓库中没有此 digest 的 manifest，或正在推送的索引引用了不存在的 manifest。",
            "请先推送各平台镜像再推送索引（docker buildx 会自动处理，skopeo copy 请加 --all）；固定旧 digest 的部署需要重新推送该镜像。"),
        provoke: "Get a manifest by an unknown digest.",
        provokeChinese: "用未知的摘要获取清单。", shape: Envelope.Oci);

    public static readonly ErrorDefinition SaveImageFailed = Tables.Swr.Add(
        500, "5001058", "Internal server error: failed to save the image.",
        en: new(
            "All layers are stored, but the manifest that makes them an image was not.",
            "Push again; only the manifest is sent. Tag and image stay as they were before, so nothing half-finished can be pulled."),
        zh: new(
            "所有层均已保存，但把它们组成镜像的 manifest 没有保存成功。",
            "请重新推送，只会再发送 manifest。tag 与镜像保持原样，不会下载到不完整的镜像。"),
        provoke: "Let the database refuse new manifests and push.",
        provokeChinese: "让数据库拒绝新增清单，然后推送。");

    public static readonly ErrorDefinition LoadImageFailed = Tables.Swr.Add(
        500, "5001059", "Internal server error: failed to get the image.",
        en: new(
            "A manifest, or the list of what refers to it, could not be read for a pull.",
            "If all pulls fail look at the database; if only one image does, its row is damaged: delete the tag and push that image " +
            "again."),
        zh: new(
            "下载时无法读取 manifest 或引用它的清单。",
            "如果所有下载都失败，请检查数据库；如果只有一个镜像失败，则是该记录损坏，请删除该 tag 并重新推送。"),
        provoke: "Make the table of manifests unreadable and pull.",
        provokeChinese: "使清单表不可读，然后拉取。", shape: Envelope.Oci);

    public static readonly ErrorDefinition DeleteLayerFailed = Tables.Swr.Add(
        500, "5001063", "Internal server error: failed to delete the image layer.",
        en: new(
            "Unlinking a layer from its repository (DELETE of a blob) failed, so it can still be pulled.",
            "Repeat the DELETE; if you only want to free space, delete the tags and let the collector work instead of deleting single " +
            "blobs."),
        zh: new(
            "从镜像仓库解除某层的关联（DELETE blob）失败，该层仍可下载。",
            "请重试 DELETE；如果只是为了释放空间，请删除 tag 并由回收程序处理，不必逐个删除 blob。"),
        provoke: "Let the database refuse to unlink blobs and delete one.",
        provokeChinese: "让数据库拒绝解除层的关联，然后删除一层。", shape: Envelope.Oci);

    public static readonly ErrorDefinition DeleteStoredLayerFailed = Tables.Swr.Add(
        500, "5000088", "Internal server error: failed to delete the image layer from the storage.",
        en: new(
            "The collector found a layer that nothing uses, and the store refused to delete its bytes; the collection stopped there.",
            "Make the object deletable (owner and mode of the folder, object lock or retention on a bucket); the " +
            "collector tries again every Images:Collector:IntervalMinutes, and what was freed before stays freed."),
        zh: new(
            "回收程序发现一个无人使用的层，但存储拒绝删除其内容，回收在此停止。",
            "请使对象可删除（文件夹的属主与权限、存储桶的对象锁定或保留策略）；回收程序每隔 " +
            "Images:Collector:IntervalMinutes 分钟重试，此前已释放的不受影响。"),
        provoke: "Take the write permission from a blob's folder and run a collection.",
        provokeChinese: "去掉层所在文件夹的写权限，然后等待一次回收。");
}
