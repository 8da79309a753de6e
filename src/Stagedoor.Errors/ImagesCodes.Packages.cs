namespace Stagedoor.Errors;

// Software packages (type app), their files, meta and signatures.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition PackageNotFound = Tables.Swr.Add(
        404, "4040004", "The software package does not exist.",
        en: new(
            "A package repository, package, version, file or signature on this path does not exist; none of them is created on the fly.",
            "Walk down from GET …/repositories/{repository}/packages to the version; create package and version first, the repository " +
            "is usually named default."),
        zh: new(
            "路径中的软件包仓库、软件包、版本、文件或签名不存在；这些都不会自动创建。",
            "请从 GET …/repositories/{repository}/packages 逐级查看到版本；须先创建软件包和版本，仓库名通常为 default。"),
        provoke: "Get a package that does not exist.",
        provokeChinese: "查询不存在的软件包。");

    public static readonly ErrorDefinition PackagesExist = Tables.Swr.Add(
        406, "4060053", "It cannot be deleted. Delete the software packages first.",
        en: new(
            "What is to be deleted still contains packages or versions: a package repository, a package, or an organization without " +
            "images.",
            "Delete from the bottom up: DELETE each version (its files go with it), then the package, then the repository or " +
            "organization."),
        zh: new(
            "要删除的对象（软件包仓库、软件包或没有镜像的组织）中仍有软件包或版本。",
            "请自下而上删除：先 DELETE 各版本（文件随之删除），再删软件包，最后删仓库或组织。"),
        provoke: "Delete a package repository that has packages.",
        provokeChinese: "删除仍有软件包的软件包仓库。");

    public static readonly ErrorDefinition InvalidPackage = Tables.Swr.Add(
        400, "4001030", "Invalid package.",
        en: new(
            "The package name breaks its naming rule.",
            "Use 1 to 255 letters, digits, underscores and hyphens, beginning with a letter, digit or underscore; dots belong into " +
            "the version."),
        zh: new(
            "软件包名称不符合命名规则。",
            "请使用 1 到 255 个字母、数字、下划线和中划线，以字母、数字或下划线开头；点号应放在版本号中。"),
        provoke: "Get the package -x.",
        provokeChinese: "查询名为 -x 的软件包。");

    public static readonly ErrorDefinition InvalidOrganizationOrName = Tables.Swr.Add(
        400, "4001008", "Invalid organization or name.",
        en: new(
            "On a package route the organization or the package repository in the path or body is malformed.",
            "Both are lower case; check that domain, namespace and repository stand in the order " +
            "/domains/{account}/namespaces/{organization}/repositories/{repository}."),
        zh: new(
            "软件包接口的路径或请求体中组织名或软件包仓库名格式错误。",
            "两者都须为小写；请检查顺序是否为 /domains/{账号}/namespaces/{组织}/repositories/{仓库}。"),
        provoke: "Call …/namespaces/UPPER/repositories/default.",
        provokeChinese: "调用 …/namespaces/UPPER/repositories/default。");

    public static readonly ErrorDefinition VersionEmpty = Tables.Swr.Add(
        400, "4001021", "The version cannot be empty.",
        en: new(
            "A package needs a version and an empty one was given.",
            "Set version, for example 1.0.0; in a build script the variable that should hold it (CI_COMMIT_TAG, BUILD_NUMBER) is " +
            "probably unset on this branch."),
        zh: new(
            "软件包必须有版本号，而给出的版本号为空。",
            "请设置 version，例如 1.0.0；构建脚本中可能是对应变量（CI_COMMIT_TAG、BUILD_NUMBER）在此分支未设置。"),
        provoke: "Create a version of a package with \"version\":\"\".",
        provokeChinese: "以 \"version\":\"\" 创建软件包版本。");

    public static readonly ErrorDefinition UnsupportedFileType = Tables.Swr.Add(
        400, "4001023", "Unsupported file type.",
        en: new(
            "The suffix of the package file is not in the list of those that are kept.",
            "Images:Packages:Suffixes has the list; a name without a dot is kept too. Put anything else into a zip."),
        zh: new(
            "软件包文件的后缀不在允许的范围内。",
            "允许的后缀由 Images:Packages:Suffixes 设置，没有点号的文件名也允许；其他文件请打成 zip。"),
        provoke: "Upload a package file named x.exe.",
        provokeChinese: "上传名为 x.exe 的软件包文件。");

    public static readonly ErrorDefinition TypeMustBeApp = Tables.Swr.Add(
        400, "4001004", "The parameter type must be app.",
        en: new(
            "The call is about software packages and type says something else, or the manifests of an image session were submitted.",
            "Send \"type\":\"app\"; images are created with POST …/repos or simply by pushing them."),
        zh: new(
            "该接口用于软件包，而 type 不是 app；或对镜像会话提交了 manifests。",
            "请发送 \"type\":\"app\"；镜像请用 POST …/repos 创建，或直接推送。"),
        provoke: "Create a package with the type image.",
        provokeChinese: "以类型 image 创建软件包。");

    public static readonly ErrorDefinition InvalidTypeFilter = Tables.Swr.Add(
        400, "4001011", "The parameter type must be app, image, or empty.",
        en: new(
            "A list or search was narrowed to a type that does not exist.",
            "Leave type empty for everything, or use app or image; the value is lower case and singular."),
        zh: new(
            "列表或搜索使用了不存在的类型。",
            "type 可留空表示全部，或取 app、image；须小写且为单数。"),
        provoke: "List packages with type=x.",
        provokeChinese: "以 type=x 列出软件包。");

    public static readonly ErrorDefinition InvalidMetaFile = Tables.Swr.Add(
        400, "4001006", "Invalid meta file format.",
        en: new(
            "The manifests of a package are no JSON object, or an entry lacks name or version or contradicts the session or package " +
            "it is for.",
            "Send an object whose entries carry string name and version equal to those with which the session was opened."),
        zh: new(
            "软件包的 manifests 不是 JSON 对象，或条目缺少 name、version，或与所属会话或软件包不一致。",
            "请发送一个对象，其中条目的 name 和 version 为字符串，并与打开会话时的值相同。"),
        provoke: "Create a package with \"manifests\":\"x\".",
        provokeChinese: "以 \"manifests\":\"x\" 创建软件包。");

    public static readonly ErrorDefinition ManifestsMissing = Tables.Swr.Add(
        400, "4001016", "Required parameters are missing. At least is_public and manifests must be provided.",
        en: new(
            "A package session needs is_public and manifests before it can be finished, and at least one of them was not given.",
            "PUT both to /v2/manage/sessions/{session_id}/manifests before you send done; a session whose done was refused is closed, " +
            "so open a new one."),
        zh: new(
            "软件包会话在完成之前必须提交 is_public 和 manifests，而至少缺少其中一个。",
            "请在发送 done 之前把两者 PUT 到 /v2/manage/sessions/{session_id}/manifests；done 被拒绝的会话已关闭，需要打开新会话。"),
        provoke: "PUT {} as the manifests of a session.",
        provokeChinese: "以 {} 作为会话的 manifests 发送 PUT。");

    public static readonly ErrorDefinition GetPackageFailed = Tables.Swr.Add(
        500, "5000001", "Internal server error: failed to get the application description.",
        en: new(
            "The description of one package could not be read from the database.",
            "The files may still be downloaded by their full path, so deployments can go on; check the database before you create the " +
            "package anew."),
        zh: new(
            "无法从数据库读取某个软件包的描述。",
            "仍可按完整路径下载文件，部署可继续；重新创建软件包之前请先检查数据库。"),
        provoke: "Make the table of packages unreadable and get one.",
        provokeChinese: "使 packages 表不可读，然后查询软件包。");

    public static readonly ErrorDefinition SaveToDatabaseFailed = Tables.Swr.Add(
        500, "5000035", "Internal server error: failed to save the application to the database.",
        en: new(
            "A new package, version or file could not be recorded; an uploaded file without its row is not visible and is cleaned up.",
            "Send the creation or upload again, with the same name; the database was full, read-only or unreachable at that moment."),
        zh: new(
            "新的软件包、版本或文件未能写入数据库；没有记录的已上传文件不可见，会被清理。",
            "请用同样的名称重新创建或上传；当时数据库已满、只读或不可达。"),
        provoke: "Let the database refuse new packages and create one.",
        provokeChinese: "让数据库拒绝写入 packages 表，然后创建软件包。");

    public static readonly ErrorDefinition UpdateDatabaseFailed = Tables.Swr.Add(
        500, "5000036", "Internal server error: failed to update the application in the database.",
        en: new(
            "The change to a package or version, or the new size and hash of an overwritten file, could not be recorded.",
            "What was there before is still in force, the content of an overwritten file among it: make the change, or the " +
            "upload, once more."),
        zh: new(
            "软件包或版本的修改，或被覆盖文件的新大小与哈希，未能写入数据库。",
            "原有的内容仍然有效，包括被覆盖文件的旧内容；请重新修改或重新上传。"),
        provoke: "Let the database refuse updates of packages and change one.",
        provokeChinese: "让数据库拒绝更新 packages 表，然后修改软件包。");

    public static readonly ErrorDefinition SaveFileFailed = Tables.Swr.Add(
        500, "5000033", "Internal server error: failed to save the application file.",
        en: new(
            "The bytes of a package file could not be written into the blob store.",
            "Operator: see what the log says of the blob store, whose folders must be writable folders on a disk with room; " +
            "no half file is left to be downloaded. Then upload the file again."),
        zh: new(
            "软件包文件的内容无法写入 blob 存储。",
            "运维请查看日志中 blob 存储的错误，其目录须可写且磁盘有空间；不会留下可被下载的半个文件。之后请重新上传。"),
        provoke: "Put a file in the place of the folder of uploads in the blob store and upload a package file.",
        provokeChinese: "用文件取代 blob 存储中的上传目录，然后上传软件包文件。");

    public static readonly ErrorDefinition DeletePackageFailed = Tables.Swr.Add(
        500, "5000034", "Internal server error: failed to delete the application.",
        en: new(
            "A package, version or file could not be removed from the database.",
            "Nothing was removed; repeat the deletion. Bytes that nothing refers to any more are collected later."),
        zh: new(
            "无法从数据库中删除软件包、版本或文件。",
            "没有删除任何内容，请重新删除。不再被引用的内容稍后会被回收。"),
        provoke: "Let the database refuse to delete package files and delete one.",
        provokeChinese: "让数据库拒绝删除 package_files 表中的行，然后删除软件包文件。");

    public static readonly ErrorDefinition SyncFileFailed = Tables.Swr.Add(
        500, "5000021", "Internal server error: failed to synchronize the file.",
        en: new(
            "A finished package upload could not be taken over from the session into the blob store.",
            "Operator: see what the log says of the blob store. Then upload in a new session, because one whose done failed " +
            "is closed."),
        zh: new(
            "已上传完成的软件包文件无法从会话转入 blob 存储。",
            "运维请查看日志中 blob 存储的错误。然后用新会话重新上传，因为 done 失败的会话已关闭。"),
        provoke: "Put a folder in the place of the blob and finish a package session.",
        provokeChinese: "用目录取代目标 blob，然后完成软件包会话。");

    public static readonly ErrorDefinition SyncMetaFileFailed = Tables.Swr.Add(
        500, "5000022", "Internal server error: failed to synchronize the meta file.",
        en: new(
            "The package itself was stored or deleted, but the repository's meta.json, which lists all packages, could not " +
            "be written.",
            "Nothing has to be repeated: whoever gets meta.json next has it written again. Operator: see what the log says " +
            "of the database or the blob store."),
        zh: new(
            "软件包本身已保存或删除，但列出所有软件包的 meta.json 未能写入。",
            "无需重复操作：下次获取 meta.json 时会重新写入。运维请查看日志中数据库或 blob 存储的错误。"),
        provoke: "Let the database refuse meta files and upload a package file.",
        provokeChinese: "让数据库拒绝写入 package_meta 表，然后上传软件包文件。");

    public static readonly ErrorDefinition ParseJsonFileFailed = Tables.Swr.Add(
        500, "5000082", "Internal server error: failed to parse the JSON file.",
        en: new(
            "A JSON file that the server keeps, a repository's meta.json or a session's manifests.json, is damaged or gone.",
            "Change any package of the repository to have meta.json written anew; a session with a damaged file has to be " +
            "replaced by a new one."),
        zh: new(
            "服务器保存的 JSON 文件（仓库的 meta.json 或会话的 manifests.json）已损坏或丢失。",
            "请变更该仓库的任一软件包以重新生成 meta.json；文件损坏的会话只能用新会话代替。"),
        provoke: "Overwrite the bytes of a repository's meta.json with garbage and get the meta file.",
        provokeChinese: "用无效内容覆盖仓库 meta.json 的内容，然后获取它。");

    public static readonly ErrorDefinition ListFileHashesFailed = Tables.Swr.Add(
        500, "5000051", "Internal server error: failed to get the file SHA list.",
        en: new(
            "The files of a version and their SHA-256 values could not be read, for a listing or for signing.",
            "Single files can still be downloaded and carry their hash in the ETag; nothing was signed. Check the database."),
        zh: new(
            "无法读取版本中的文件及其 SHA-256（用于列表或签名）。",
            "单个文件仍可下载，其 ETag 即哈希值；没有生成签名。请检查数据库。"),
        provoke: "Make the table of package files unreadable and list a version's files.",
        provokeChinese: "使 package_files 表不可读，然后列出版本的文件。");

    public static readonly ErrorDefinition SigningNotEnabled = Tables.Swr.Add(
        500, "5000017", "Internal server error: application signing is not enabled.",
        en: new(
            "Signatures, public keys and the signed meta file exist only when package signing is switched on for this " +
            "installation, and it is off.",
            "Operator: set Images:Packages:Signing and restart, each organization then gets its key pair; clients that do " +
            "not need signatures should not ask for them."),
        zh: new(
            "只有在系统开启软件包签名后才有签名、公钥和已签名的元文件，而目前未开启。",
            "运维请设置 Images:Packages:Signing 并重启，之后每个组织会获得密钥对；不需要签名的客户端不应请求它们。"),
        provoke: "Get an organization's public key with the default configuration.",
        provokeChinese: "在默认配置下获取组织的公钥。");

    public static readonly ErrorDefinition ReadPublicKeyFailed = Tables.Swr.Add(
        500, "5000018", "Internal server error: failed to read the public key.",
        en: new(
            "Signing is on, but the organization's public key cannot be read from the database or is no key.",
            "Restore the table package_keys from a backup, both halves of the pair together; a new pair makes all older " +
            "signatures unverifiable."),
        zh: new(
            "签名功能已开启，但该组织的公钥无法从数据库读取或不是有效的密钥。",
            "请从备份恢复 package_keys 表，公钥与私钥须一起恢复；换用新的密钥对会使旧签名全部无法验证。"),
        provoke: "Switch signing on, damage an organization's public key and get it.",
        provokeChinese: "开启签名，损坏组织的公钥，然后获取它。");

    public static readonly ErrorDefinition CreateSignatureFailed = Tables.Swr.Add(
        500, "5000037", "Internal server error: failed to create the signature.",
        en: new(
            "The version's hashes were read, but signing them with the organization's private key or storing the signature " +
            "failed.",
            "The private key is sealed with the installation's key ring: with another master key it cannot be opened. " +
            "Restore both together, then PUT the signature again."),
        zh: new(
            "已读取版本的哈希，但用组织私钥签名或保存签名时失败。",
            "私钥由本安装的密钥环加密，换用其他主密钥则无法打开。请一并恢复，然后重新 PUT 签名。"),
        provoke: "Damage an organization's private key and sign a version.",
        provokeChinese: "损坏组织的私钥，然后为版本签名。");

    public static readonly ErrorDefinition DeleteSignatureFailed = Tables.Swr.Add(
        500, "5000038", "Internal server error: failed to delete the signature.",
        en: new(
            "The signature of a version could not be deleted and is still served.",
            "Delete it again; whoever verifies downloads keeps seeing the old signature until it works."),
        zh: new(
            "版本的签名删除失败，仍会对外提供。",
            "请重新删除；在成功之前，校验下载内容的使用者仍会看到旧签名。"),
        provoke: "Let the database refuse to delete signatures and delete one.",
        provokeChinese: "让数据库拒绝删除 package_signatures 表中的行，然后删除签名。");
}
