namespace Stagedoor.Errors;

// Image archives (docker save, OCI layout) and why one is refused.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition InvalidUploadType = Tables.Swr.Add(
        400, "4001022", "Incorrect upload file type.",
        en: new(
            "The file's name does not end like an image archive.",
            "Upload what docker save or podman save wrote, as .tar, .tar.gz or .tgz; a zip or a single layer is no image."),
        zh: new(
            "文件名后缀不是镜像包的后缀。",
            "请上传 docker save 或 podman save 生成的 .tar、.tar.gz 或 .tgz 文件；zip 或单个层不是镜像。"),
        provoke: "Page-upload a file named a.zip.",
        provokeChinese: "页面上传名为 a.zip 的文件。");

    public static readonly ErrorDefinition OpenPackageFailed = Tables.Swr.Add(
        500, "5000027", "Internal server error: failed to open the package file.",
        en: new(
            "The archive begins correctly but cannot be unpacked to its end: it is truncated or damaged, or there is no room to " +
            "unpack it.",
            "Test it with gzip -t and tar -tf on the client; if it is sound there, compare sizes to find a cut-off upload, then check " +
            "space under work."),
        zh: new(
            "镜像包开头正确，但无法完整解开：文件被截断或损坏，或没有解压空间。",
            "请在客户端用 gzip -t 和 tar -tf 检查；若完好，请比较大小以判断上传是否被截断，再检查 work 目录的空间。"),
        provoke: "Upload the first half of a .tar.gz.",
        provokeChinese: "上传 .tar.gz 的前一半。");

    public static readonly ErrorDefinition InvalidImageFormat = Tables.Swr.Add(
        400, "4000028", "Invalid image format.",
        en: new(
            "A name in the archive's RepoTags is not a usable image reference: it has capitals, a digest, or no repository.",
            "docker tag the image as organization/name:version and save it by that name; for an archive without names send the form " +
            "field repository."),
        zh: new(
            "镜像包 RepoTags 中的名称不是可用的镜像引用：含大写字母、带 digest，或没有镜像名。",
            "请先 docker tag 为 组织/镜像:版本 并按该名称导出；镜像包中没有名称时请附带表单字段 repository。"),
        provoke: "Upload an archive whose RepoTags is [\"UPPER/Case:1\"].",
        provokeChinese: "上传 RepoTags 为 [\"UPPER/Case:1\"] 的镜像包。");

    public static readonly ErrorDefinition InconsistentImageNames = Tables.Swr.Add(
        400, "4000029", "Invalid image format: the image names are inconsistent.",
        en: new(
            "The names in the archive contradict each other, or contradict the organization to which it is uploaded.",
            "Upload to the organization that the name contains, or retag and save again; an archive edited by hand must list the same " +
            "names in manifest.json and repositories."),
        zh: new(
            "镜像包内的名称相互矛盾，或与上传的目标组织不一致。",
            "请上传到名称中的组织，或重新打标并导出；手工修改过的镜像包须保证 manifest.json 与 repositories 中的名称一致。"),
        provoke: "Upload an archive whose repositories file names another image.",
        provokeChinese: "上传 repositories 文件中为另一镜像名的镜像包。");

    public static readonly ErrorDefinition EmptyRepoTags = Tables.Swr.Add(
        400, "4000064", "Invalid image: the manifest file contains empty RepoTags.",
        en: new(
            "The archive holds an image without a name, so it is unknown where to store it.",
            "It was saved by image id: save it by name (docker save team/app:1.0 -o app.tar); for an OCI layout set the annotation " +
            "org.opencontainers.image.ref.name."),
        zh: new(
            "镜像包中的镜像没有名称，无法确定存放位置。",
            "原因是按镜像 ID 导出：请按名称导出（docker save team/app:1.0 -o app.tar）；OCI 布局请设置注解 " +
            "org.opencontainers.image.ref.name。"),
        provoke: "Upload an archive that was saved by image id.",
        provokeChinese: "上传按镜像 ID 导出的镜像包。");

    public static readonly ErrorDefinition LayerFileMissing = Tables.Swr.Add(
        400, "4000065", "Invalid image: a layer file of the manifest is missing.",
        en: new(
            "The image's manifest names a layer that is neither in the archive nor, for a push, in the repository.",
            "Send all blobs before the manifest, and note that a layer in another repository must be mounted first."),
        zh: new(
            "镜像的 manifest 引用了一个层，但镜像包中没有；推送时则是镜像仓库中没有。",
            "请先推送所有层再推送清单；位于其他仓库的层须先挂载。"),
        provoke: "Push a manifest one of whose layers was not pushed.",
        provokeChinese: "推送清单，而其中一层尚未推送。");

    public static readonly ErrorDefinition ConfigFileMissing = Tables.Swr.Add(
        400, "4000066", "Invalid image: the configuration file of the manifest is missing.",
        en: new(
            "The image's manifest names a configuration that is neither in the archive nor, for a push, in the repository.",
            "Tools that push themselves must upload the config blob like any layer, before the manifest."),
        zh: new(
            "镜像的 manifest 引用了配置文件，但镜像包中没有；推送时则是镜像仓库中没有。",
            "自行推送的工具须像上传层一样，在清单之前上传配置。"),
        provoke: "Push a manifest whose configuration was not pushed.",
        provokeChinese: "推送清单，而其配置尚未推送。");

    public static readonly ErrorDefinition ManifestFileMissing = Tables.Swr.Add(
        400, "4000067", "Invalid image package: the manifest file is missing.",
        en: new(
            "The tar is readable but contains neither manifest.json nor an OCI index: it is no image archive, or one of an engine " +
            "older than 1.11.2.",
            "Use docker save, not docker export (which writes a bare file system); list it with tar -tf, manifest.json must stand at " +
            "the top level and not in a folder."),
        zh: new(
            "tar 可以读取，但既没有 manifest.json 也没有 OCI 索引：它不是镜像包，或来自 1.11.2 之前的引擎。",
            "请使用 docker save 而不是 docker export（后者只导出文件系统）；用 tar -tf 查看，manifest.json 必须在最上层而不是在文件夹" +
            "里。"),
        provoke: "Upload a tar of arbitrary files.",
        provokeChinese: "上传由任意文件组成的 tar。");

    public static readonly ErrorDefinition UnparsableManifest = Tables.Swr.Add(
        400, "4000068", "Invalid image, fail to parse 'manifest.json'.",
        en: new(
            "The manifest, manifest.json in an archive or the body of a push, is not the JSON that it has to be.",
            "Check with jq; a byte order mark, a trailing comma or an HTML page of a proxy in its place are common."),
        zh: new(
            "manifest（镜像包中的 manifest.json 或推送的请求体）不是所要求的 JSON。",
            "请用 jq 检查；常见原因是字节顺序标记、多余的逗号，或代理返回的 HTML 页面。"),
        provoke: "Push a single brace as a manifest.",
        provokeChinese: "以单个花括号作为清单推送。");

    public static readonly ErrorDefinition UnsupportedImageFormat = Tables.Swr.Add(
        400, "4000069", "Invalid image: the image format is incorrect or not supported.",
        en: new(
            "The content is not an image that can be stored: no tar or gzip at all, an outdated schema 1 manifest, an unknown media " +
            "type or compression, or entries that lead out of the archive.",
            "Push with a current docker, podman, buildah or skopeo: image manifests and indexes of OCI and of Docker's " +
            "schema 2 are taken."),
        zh: new(
            "内容不是可以保存的镜像：根本不是 tar 或 gzip、使用过时的 schema 1、媒体类型或压缩方式未知，或条目路径越出镜像包。",
            "请用当前版本的 docker、podman、buildah 或 skopeo 推送：支持 OCI 与 " +
            "Docker schema 2 的镜像清单和索引。"),
        provoke: "Push a manifest of Docker's schema 1.",
        provokeChinese: "推送 Docker schema 1 的清单。");

    public static readonly ErrorDefinition GenerateDigestFailed = Tables.Swr.Add(
        500, "5000050", "Internal server error: failed to generate the digest.",
        en: new(
            "A layer of the upload is stored already, and verifying the stored copy failed because it could not be read.",
            "Check owner, mode and disk errors of that layer's file under blobs; the image that uses it cannot be pulled either until " +
            "that is repaired."),
        zh: new(
            "上传的某层已存在于存储中，但校验已存副本时无法读取。",
            "请检查 blobs 下该层文件的属主、权限和磁盘错误；修复之前使用该层的镜像也无法下载。"),
        provoke: "Page-upload an image that is stored already, and cut the file of a layer while it is verified.",
        provokeChinese: "页面上传已存储的镜像，并在校验其某层时截短该层的文件。");

    public static readonly ErrorDefinition GetImageLayerFailed = Tables.Swr.Add(
        500, "5000087", "Internal server error: failed to get the image layer.",
        en: new(
            "The page upload or a synchronization job could not find out whether a layer is stored already.",
            "No image was changed; upload again. While the lookup fails pushes by docker fail with 5001050 as well, which points to " +
            "the database."),
        zh: new(
            "页面上传或同步任务无法查询某层是否已存储。",
            "没有镜像被修改，请重新上传。查询失败期间 docker 推送会返回 5001050，说明问题在数据库。"),
        provoke: "Make the table of blobs unreadable and page-upload an image that is stored already.",
        provokeChinese: "使 blobs 表不可读，然后页面上传已存储的镜像。");
}
