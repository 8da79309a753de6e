namespace Stagedoor.Errors;

// Image versions (tags) in the management API.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition InvalidVersion = Tables.Swr.Add(
        400, "4000016", "Invalid version.",
        en: new(
            "The tag or package version contains a character that is not allowed, begins with a dot or hyphen, or is too long.",
            "Use 1 to 128 characters: a letter, digit or underscore first, then also dots and hyphens; a branch name such as " +
            "feature/x needs its slash replaced."),
        zh: new(
            "镜像版本（tag）或软件包版本含有不允许的字符、以点或中划线开头，或过长。",
            "请使用 1 到 128 个字符：以字母、数字或下划线开头，其后还可用点和中划线；分支名（如 feature/x）中的斜杠需要替换。"),
        provoke: "Push a manifest with the tag -bad.",
        provokeChinese: "以版本 -bad 推送清单。");

    public static readonly ErrorDefinition TagNotFound = Tables.Swr.Add(
        404, "4040048", "The image version does not exist.",
        en: new(
            "The repository exists but has no such tag, or, when restoring, none that was deleted recently enough.",
            "Look at GET …/repos/{repository}/tags, with filter=deleted::true for those that can be restored; retention rules may " +
            "have removed it, see …/retentions/histories."),
        zh: new(
            "镜像仓库存在，但没有该版本；恢复时则表示没有可恢复的同名版本。",
            "请查看 GET …/repos/{repository}/tags，用 filter=deleted::true 可列出能恢复的版本；也可能已被老化规则删除，见 " +
            "…/retentions/histories。"),
        provoke: "Delete a tag that does not exist.",
        provokeChinese: "删除一个不存在的版本。");

    public static readonly ErrorDefinition TagQuotaExceeded = Tables.Swr.Add(
        400, "4000099", "The number of image versions exceeds the limit.",
        en: new(
            "The repository holds as many image versions as it may, or the organization as many bytes; the message tells which.",
            "Delete old tags with DELETE …/repos/{repository}/tags/{tag}; moving an existing tag costs no room. For bytes delete manifests or files of packages, or raise quota_bytes " +
            "with PATCH /v2/manage/namespaces/{namespace}. Operator: Images:MaxTagsPerRepository and Images:MaxBytesPerOrganization set the limits."),
        zh: new(
            "该镜像仓库的版本数量或组织的字节数已达上限，具体见错误信息。",
            "请用 DELETE …/repos/{repository}/tags/{tag} 删除旧版本；移动已有版本不占名额。运维" +
            "：上限由 Images:MaxTagsPerRepository 和 Images:MaxBytesPerOrganization 设置；字节数超限时请删除清单或软件包文件，组织的字节限额也可用 PATCH " +
            "/v2/manage/namespaces/{namespace} 的 quota_bytes 调整。"),
        provoke: "Set Images:MaxTagsPerRepository to 1 and push two tags.",
        provokeChinese: "将 Images:MaxTagsPerRepository 设为 1，然后推送两个版本。");

    public static readonly ErrorDefinition ListTagsFailed = Tables.Swr.Add(
        500, "5000063", "Failed to get the tag table.",
        en: new(
            "The tags of a repository could not be read for the management API.",
            "docker pull by tag reads the same rows and will fail too, pulls by digest go on; look for a migration that did not " +
            "finish after an upgrade."),
        zh: new(
            "管理接口无法读取镜像仓库的 tag 数据。",
            "docker pull 按 tag 下载读取同样的数据，也会失败，按 digest 下载不受影响；请检查升级后数据库迁移是否完成。"),
        provoke: "Make the table of tags unreadable and list a repository's tags.",
        provokeChinese: "使版本表不可读，然后列出某个镜像仓库的版本。");

    public static readonly ErrorDefinition GetManifestFailed = Tables.Swr.Add(
        500, "5001026", "Failed to get the manifest.",
        en: new(
            "The tag was found, but the manifest that it points to could not be read, so size and image id cannot be shown.",
            "Pull the tag by its digest to see whether the image itself is readable; restore the manifest's row from a backup or push " +
            "the image again."),
        zh: new(
            "tag 已找到，但其指向的 manifest 无法读取，因此无法显示大小和镜像 ID。",
            "请按 digest 下载该镜像以判断镜像本身是否可读；可从备份恢复 manifest 记录，或重新推送该镜像。"),
        provoke: "Make the table of manifests unreadable and list a repository's tags.",
        provokeChinese: "使清单表不可读，然后列出某个镜像仓库的版本。");

    public static readonly ErrorDefinition CreateTagFailed = Tables.Swr.Add(
        500, "5000085", "Internal server error: failed to create the tag.",
        en: new(
            "The image's content is stored, but the row of its new tag was not, at a retag, a push or a page upload.",
            "Push again: layers that arrived are found and skipped, so this takes seconds."),
        zh: new(
            "镜像内容已保存，但在重新打标、推送或页面上传时新 tag 的记录没有写入。",
            "请重新推送：已到达的层会被识别并跳过，只需数秒。"),
        provoke: "Let the database refuse new tags and push.",
        provokeChinese: "让数据库拒绝新增版本，然后推送。");

    public static readonly ErrorDefinition UpdateTagFailed = Tables.Swr.Add(
        500, "5000086", "Internal server error: failed to update the tag.",
        en: new(
            "An existing tag was to be moved to another image and still points to the old one.",
            "Deployments that pull the tag still get the old image: repeat the push, then compare the digest."),
        zh: new(
            "已有 tag 需要指向新的镜像，但未能更新，仍指向旧镜像。",
            "拉取该版本的部署仍得到旧镜像：请重新推送，然后比较摘要。"),
        provoke: "Let the database refuse updates of tags and push an existing tag again.",
        provokeChinese: "让数据库拒绝更新版本，然后再次推送已有的版本。");

    public static readonly ErrorDefinition DeleteImageFailed = Tables.Swr.Add(
        500, "5000049", "Internal server error: failed to delete the image.",
        en: new(
            "A tag or manifest was to be deleted and its row could not be changed; it is still there and can be pulled.",
            "Repeat the deletion; do not delete files under blobs by hand, the collector does that once the rows are gone."),
        zh: new(
            "删除 tag 或 manifest 时记录修改失败；它仍然存在并可下载。",
            "请重新删除；不要手工删除 blobs 目录下的文件，记录删除后由回收程序清理。"),
        provoke: "Let the database refuse to mark tags as deleted and delete one.",
        provokeChinese: "让数据库拒绝把版本标记为已删除，然后删除一个版本。");

    public static readonly ErrorDefinition ReleaseReferenceFailed = Tables.Swr.Add(
        500, "5000052", "Internal server error: failed to decrease the image references.",
        en: new(
            "While an image was being deleted the reference counts of its layers could not be lowered, so the deletion was taken back.",
            "The tag still exists; delete it again. Layers are never freed too early by this, at worst they stay a while longer."),
        zh: new(
            "删除镜像时无法减少其各层的引用计数，因此删除被撤销。",
            "该 tag 仍然存在，请重新删除。此故障不会导致层被过早清理，最多是多保留一段时间。"),
        provoke: "Let the database refuse updates of reference counts and delete a tag.",
        provokeChinese: "让数据库拒绝更新引用计数，然后删除一个版本。");

    public static readonly ErrorDefinition RestoreFailed = Tables.Swr.Add(
        500, "5000073", "Internal server error: restoration failed.",
        en: new(
            "A deleted tag was found in its restore window, but bringing it back could not be written.",
            "Try again soon: the window (24 hours by default) goes on running, and until the collector runs the content is safe."),
        zh: new(
            "已删除的 tag 仍在可恢复期内，但恢复时写入失败。",
            "请尽快重试：可恢复期（默认 24 小时）仍在计时，在回收程序运行之前内容不会丢失。"),
        provoke: "Delete a tag, let the database refuse updates of tags and restore it.",
        provokeChinese: "删除一个版本，让数据库拒绝更新版本，然后恢复它。");
}
