namespace Stagedoor.Errors;

// Form uploads and upload sessions.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition NotMultipart = Tables.Swr.Add(
        400, "4001000", "Content-Type must be multipart/form-data.",
        en: new(
            "The upload is not a form: the Content-Type is something else than multipart/form-data.",
            "With curl use -F file=@image.tar instead of -d or --data-binary; do not set Content-Type yourself, the boundary would be " +
            "missing."),
        zh: new(
            "上传不是表单：Content-Type 不是 multipart/form-data。",
            "curl 请用 -F file=@image.tar，而不是 -d 或 --data-binary；不要自行设置 Content-Type，否则会缺少 boundary。"),
        provoke: "Send JSON to POST /v2/manage/namespaces/{namespace}/images.",
        provokeChinese: "向 POST /v2/manage/namespaces/{namespace}/images 发送 JSON。");

    public static readonly ErrorDefinition ParseFormFailed = Tables.Swr.Add(
        400, "4001005", "Failed to parse the form.",
        en: new(
            "The multipart body does not fall into parts: the boundary of the header is missing or different from the one in the " +
            "body, or the body ends early.",
            "Let the HTTP library build header and body together; if it worked yesterday, look for a proxy or timeout that cuts long " +
            "uploads."),
        zh: new(
            "multipart 请求体无法拆分：请求头中的 boundary 缺失或与正文不一致，或正文提前结束。",
            "请让 HTTP 库同时生成请求头和正文；如果以前正常，请检查是否有代理或超时截断了长时间上传。"),
        provoke: "Upload a form whose header names another boundary.",
        provokeChinese: "上传请求头中 boundary 与正文不一致的表单。");

    public static readonly ErrorDefinition FormFileMissing = Tables.Swr.Add(
        400, "4001015", "The form file is missing.",
        en: new(
            "The form was readable but has no part named file.",
            "Name the field exactly file, in lower case; other text fields may stand beside it."),
        zh: new(
            "表单可以读取，但没有名为 file 的部分。",
            "字段名必须是小写的 file；可以同时带有其他文本字段。"),
        provoke: "Upload a form that has only a text field.",
        provokeChinese: "上传只有文本字段的表单。");

    public static readonly ErrorDefinition GetFormFileFailed = Tables.Swr.Add(
        400, "4001003", "Failed to get the form file.",
        en: new(
            "There is a part named file, but it has no file name and so is a text field rather than a file.",
            "With curl write -F file=@path (with the @); in code pass the file name to the form builder."),
        zh: new(
            "存在名为 file 的部分，但没有文件名，因此只是文本字段而不是文件。",
            "curl 请写 -F file=@路径（带 @）；代码中请把文件名传给表单构造函数。"),
        provoke: "Upload a file part with filename=\"\".",
        provokeChinese: "上传 filename=\"\" 的文件部分。");

    public static readonly ErrorDefinition ParseFormFileFailed = Tables.Swr.Add(
        400, "4001019", "Failed to parse the form file.",
        en: new(
            "The headers of the file part cannot be used: they are malformed, nest another multipart, or name a transfer encoding " +
            "that is not supported.",
            "Send the bytes as they are, without Content-Transfer-Encoding; base64 in a form is what old mail libraries do."),
        zh: new(
            "文件部分的头信息无法使用：格式错误、嵌套了另一个 multipart，或使用了不支持的传输编码。",
            "请直接发送原始字节，不要带 Content-Transfer-Encoding；在表单中使用 base64 通常是旧的邮件库所为。"),
        provoke: "Upload a part with Content-Transfer-Encoding: x-foo.",
        provokeChinese: "上传带有 Content-Transfer-Encoding: x-foo 的部分。");

    public static readonly ErrorDefinition ReadFormFileFailed = Tables.Swr.Add(
        500, "5001020", "Internal server error: failed to read the form file.",
        en: new(
            "The server could not put an uploaded file aside while it was arriving.",
            "Look at the spool folder in the data directory: it must be a folder, writable, with room for the largest upload (2 GiB) " +
            "times the parallel ones."),
        zh: new(
            "服务器在接收文件时无法把内容暂存下来。",
            "请检查数据目录下的 spool：必须是可写目录，且空间足以容纳最大上传（2 GiB）乘以并发数。"),
        provoke: "Put a file in the place of the spool folder and upload an image.",
        provokeChinese: "用文件取代 spool 目录，然后上传镜像。");

    public static readonly ErrorDefinition InvalidFileName = Tables.Swr.Add(
        400, "4000015", "Invalid package file name.",
        en: new(
            "The name of an uploaded file is empty, too long, or contains a path, a control character or another character that is " +
            "not allowed.",
            "Send the bare file name of at most 255 characters made of letters, digits and . _ + ( ) -, beginning with a letter, " +
            "digit or underscore."),
        zh: new(
            "上传文件的名称为空、过长，或包含路径、控制字符等不允许的字符。",
            "请只发送文件名，最长 255 个字符，由字母、数字和 . _ + ( ) - 组成，以字母、数字或下划线开头。"),
        provoke: "Page-upload a file named a b.tar.",
        provokeChinese: "页面上传名为 a b.tar 的文件。");

    public static readonly ErrorDefinition FileTooLarge = Tables.Swr.Add(
        413, "4130025", "The uploaded file is too large.",
        en: new(
            "One file exceeds its limit: 2 GiB for archives and packages, packed or unpacked, and 10 GiB for a layer.",
            "Split the layer. Operator: Images:MaxBlobBytes sets the limit for layers, Images:PageUpload:MaxFileBytes that for " +
            "archives, Images:Packages:MaxFileBytes that for files of packages, Images:MaxManifestBytes that for manifests."),
        zh: new(
            "单个文件超过上限：镜像包与软件包（压缩或解压后）为 2 GiB，镜像层为 10 GiB。",
            "请拆分该层。运维：层的上限由 Images:MaxBlobBytes 设置，镜像包的上限由 Images:PageUpload:MaxFileBytes 设置，软件包文件的上限由 Images:Packages:MaxFileBytes 设置，清单的上限由 " +
            "Images:MaxManifestBytes 设置。"),
        provoke: "Push a layer that is larger than Images:MaxBlobBytes.",
        provokeChinese: "推送大于 Images:MaxBlobBytes 的层。");

    public static readonly ErrorDefinition InvalidSessionType = Tables.Swr.Add(
        400, "4001010", "The parameter type must be app or image.",
        en: new(
            "An upload session was opened for something that is neither an image archive nor a package.",
            "Set type to image for a docker save archive, or to app for a software package."),
        zh: new(
            "打开上传会话时指定的类型既不是镜像包也不是软件包。",
            "docker save 的镜像包请把 type 设为 image，软件包请设为 app。"),
        provoke: "Open a session with the type x.",
        provokeChinese: "以类型 x 打开会话。");

    public static readonly ErrorDefinition InvalidSessionId = Tables.Swr.Add(
        400, "4000039", "Invalid session ID.",
        en: new(
            "The session id in the path is not a UUID.",
            "Use session_id exactly as POST /v2/manage/sessions returned it; a path such as /sessions//files means the variable was " +
            "empty."),
        zh: new(
            "路径中的会话 ID 不是 UUID。",
            "请原样使用 POST /v2/manage/sessions 返回的 session_id；出现 /sessions//files 这样的路径说明变量为空。"),
        provoke: "Get /v2/manage/sessions/abc.",
        provokeChinese: "获取 /v2/manage/sessions/abc。");

    public static readonly ErrorDefinition SessionNotFound = Tables.Swr.Add(
        404, "4040043", "The session does not exist.",
        en: new(
            "No upload session has this id any more: it was finished, deleted or idle for 24 hours, what was received of it is gone, or " +
            "it belongs to somebody else.",
            "Repeat the push, which sends the layer from its start, or begin another session; an upload that rests longer than " +
            "Images:UploadHours, and a session that rests longer than Images:PageUpload:SessionHours, is dropped."),
        zh: new(
            "该上传会话已不存在：已完成、已删除、闲置超过 24 小时、已收到的内容丢失，或属于其他用户。",
            "请重新推送，该层会从头发送，或另开会话；静置超过 Images:UploadHours 小时的上传和静置超过 Images:PageUpload:SessionHours 小时的会话会被丢弃。"),
        provoke: "Send a chunk to an upload with a random id.",
        provokeChinese: "向随机 ID 的上传发送一块。");

    public static readonly ErrorDefinition BindSessionFailed = Tables.Swr.Add(
        400, "4000045", "Internal server error: failed to bind the session.",
        en: new(
            "The chunk does not belong to this session: another file name, another user, a session that no longer takes data, or a " +
            "target that was deleted meanwhile. The server is not at fault, in spite of the wording.",
            "Read GET /v2/manage/sessions/{session_id}: send to its file name while its status is uploading, otherwise open a new " +
            "session, one per file."),
        zh: new(
            "该分片不属于此会话：文件名或用户不同、会话已不再接收数据，或目标已被删除。虽然文字写着服务器错误，但问题不在服务器。",
            "请查看 GET /v2/manage/sessions/{session_id}：状态为 uploading 时按其文件名发送，否则请另开会话，每个文件一个会话。"),
        provoke: "Send a second file name to the same session.",
        provokeChinese: "向同一会话发送另一个文件名。");

    public static readonly ErrorDefinition InvalidSessionStatus = Tables.Swr.Add(
        400, "4001027", "The status can only be done or error.",
        en: new(
            "A session can only be set to done or error by its client; all other states are the server's.",
            "PATCH with {\"status\":\"done\"} to finish or {\"status\":\"error\"} to give up; to discard it altogether use DELETE."),
        zh: new(
            "客户端只能把会话状态设为 done 或 error，其他状态由服务器设置。",
            "完成请 PATCH {\"status\":\"done\"}，放弃请用 {\"status\":\"error\"}；要彻底丢弃请用 DELETE。"),
        provoke: "PATCH a session with the status x.",
        provokeChinese: "以状态 x PATCH 会话。");

    public static readonly ErrorDefinition CreateSessionFailed = Tables.Swr.Add(
        500, "5000044", "Internal server error: failed to generate the session.",
        en: new(
            "A new upload session could not be set up, either its row or the place for its bytes.",
            "Nothing was uploaded yet. Check the folder uploads of the blob store (a folder, writable) and then the database."),
        zh: new(
            "无法建立新的上传会话：记录或暂存位置创建失败。",
            "尚未上传任何内容。请先检查 blob 存储下的 uploads（须为可写目录），再检查数据库。"),
        provoke: "Let the database refuse new sessions and open one.",
        provokeChinese: "让数据库拒绝新增会话，然后打开会话。");

    public static readonly ErrorDefinition ReadSessionFailed = Tables.Swr.Add(
        500, "5000041", "Internal server error: failed to read the session.",
        en: new(
            "The state of an upload session could not be read from the database.",
            "The chunks that arrived are in the blob store and not lost: repeat the call when the database answers, from the offset that GET on " +
            "the session then reports."),
        zh: new(
            "无法从数据库读取上传会话的状态。",
            "已到达的分片保存在 blob 存储中，不会丢失：数据库恢复后请按会话 GET 返回的 offset 继续上传。"),
        provoke: "Make the table of sessions unreadable and get one.",
        provokeChinese: "使会话表不可读，然后获取会话。");

    public static readonly ErrorDefinition UpdateStatusFailed = Tables.Swr.Add(
        500, "5000040", "Failed to update the status.",
        en: new(
            "The new offset or status of an upload session could not be stored.",
            "Read the session before you go on: while its status is uploading, send again from its offset (or done again); when it " +
            "says error, open a new session."),
        zh: new(
            "上传会话的新偏移或新状态未能保存。",
            "继续之前请先读取会话：状态仍为 uploading 时，从其 offset 重新发送（或重新发送 done）；状态为 error 时，请打开新会话。"),
        provoke: "Let the database refuse updates of sessions and set one to error.",
        provokeChinese: "让数据库拒绝更新会话，然后将会话设为 error。");

    public static readonly ErrorDefinition ReclaimSessionFailed = Tables.Swr.Add(
        500, "5000042", "Internal server error: failed to reclaim the session.",
        en: new(
            "Removing an upload session, its row or its staged bytes, did not work; it also appears in the log when the cleaner of " +
            "idle sessions fails.",
            "Delete it again; what stays behind only costs space in the blob store and is retried with every run of the cleaner."),
        zh: new(
            "删除上传会话的记录或暂存内容失败；清理闲置会话的程序失败时也会记入日志。",
            "请重新删除；残留内容只占用 blob 存储的空间，清理程序每次运行都会重试。"),
        provoke: "Let the database refuse to delete sessions and delete one.",
        provokeChinese: "让数据库拒绝删除会话，然后删除会话。");

    public static readonly ErrorDefinition SessionLockFailed = Tables.Swr.Add(
        500, "5000020", "Internal server error: failed to obtain the session lock.",
        en: new(
            "Whose turn it is at a session, which keeps two requests from writing into it at once, could not be noted in the database.",
            "Nobody else holds it (that would be 4090023): send the chunk again, and check the database's table session_locks if it does " +
            "not help."),
        zh: new(
            "无法在数据库中记录轮到谁写入会话（用于防止并发写入）。",
            "这不是被他人占用（那是 4090023）：请重新发送分片；若无效，请检查数据库的 session_locks 表。"),
        provoke: "Let the database refuse rows of session_locks and send a chunk.",
        provokeChinese: "让数据库拒绝 session_locks 表的新行，然后发送分片。");

    public static readonly ErrorDefinition StagedFileMissing = Tables.Swr.Add(
        500, "5000019", "Internal server error: the locally stored file cannot be found.",
        en: new(
            "A file that the database knows is not in the blob store any more: the staged bytes of a session, or a stored package file.",
            "For a session upload the file again; for a package restore the file from a backup or upload that version anew, and find " +
            "out what cleans the blob store."),
        zh: new(
            "数据库中有记录的文件在 blob 存储中已不存在：会话的暂存内容或已保存的软件包文件。",
            "会话请重新上传；软件包请从备份恢复或重新上传该版本，并查明是什么在清理 blob 存储。"),
        provoke: "Delete the staged file of a session and finish the session.",
        provokeChinese: "删除会话的暂存文件，然后完成会话。");

    public static readonly ErrorDefinition SeekFailed = Tables.Swr.Add(
        500, "5000030", "Internal server error: failed to locate the file pointer.",
        en: new(
            "The staged file of a session is shorter than the offset that was recorded, so the next chunk has no place to go.",
            "Discard the session with DELETE and upload from the start; a crash of the machine right after a chunk, or a volume " +
            "restored from a snapshot, causes this."),
        zh: new(
            "会话的暂存文件比记录的偏移短，下一个分片无处可写。",
            "请用 DELETE 丢弃该会话并从头上传；通常由写入分片后机器崩溃，或数据卷从快照恢复引起。"),
        provoke: "Cut the staged file of a session short and send the next chunk.",
        provokeChinese: "截短会话的暂存文件，然后发送下一个分片。");

    public static readonly ErrorDefinition HashFileFailed = Tables.Swr.Add(
        500, "5000024", "Internal server error: failed to generate the SHA value.",
        en: new(
            "The finished file could not be read back to compute its SHA-256.",
            "Check the blob store for read errors (dmesg), and that the spool folder in the data directory is a folder, writable, with " +
            "room; then upload in a new session, one that failed cannot be finished again."),
        zh: new(
            "上传完成的文件无法读回以计算 SHA-256。",
            "请检查 blob 存储的读错误（dmesg），并确认数据目录下的 spool 为可写目录且空间足够；然后用新会话重新上传，已失败的会话不能再次完成。"),
        provoke: "Put a file in the place of the spool folder and finish a session.",
        provokeChinese: "用文件取代 spool 目录，然后完成会话。");
}
