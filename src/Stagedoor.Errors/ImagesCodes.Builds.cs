namespace Stagedoor.Errors;

// Builds from source (S2I).
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition BuildUnauthenticated = Tables.S2i.Add(
        401, "4019000", "Authentication error: no user token or user AK/SK was found.",
        en: new(
            "A build call came without any credential: no token and no AK/SK signature.",
            "Send X-Auth-Token, or sign the request; web hooks of a code host cannot sign, so put a token into the header that they " +
            "let you configure."),
        zh: new(
            "构建接口的请求不带任何凭据：既没有 Token，也没有 AK/SK 签名。",
            "请发送 X-Auth-Token 或对请求签名；代码托管平台的 Webhook 无法签名，请在其可配置的请求头中放入 Token。"),
        provoke: "List build tasks without credentials.");

    public static readonly ErrorDefinition NotYourResource = Tables.Swr.Add(
        403, "4039001", "You cannot apply for or operate resources that do not belong to you.",
        en: new(
            "The build task or record belongs to another account; it cannot be seen or touched from yours, whatever your role.",
            "Check that the task id and the token come from the same account; copy the task into an organization of your account if " +
            "you need your own."),
        zh: new(
            "该构建任务或记录属于其他账号；无论您是什么角色，都不能查看或操作。",
            "请确认任务 ID 与 Token 来自同一账号；如需自用，请在您账号的组织中另建任务。"),
        provoke: "Get a build task of account A with a token of account B.");

    public static readonly ErrorDefinition BuildInvalidOrganization = Tables.Swr.Add(
        400, "4009010", "Invalid organization.",
        en: new(
            "The organization in a build task is malformed or does not exist.",
            "Set namespace to an organization in which you may edit; unlike elsewhere, an unknown organization is this code and not a " +
            "404."),
        zh: new(
            "构建任务中的组织名格式错误或不存在。",
            "请把 namespace 设为您有编辑权限的组织；与其他接口不同，组织不存在时返回此码而不是 404。"),
        provoke: "Create a build task in the organization A.");

    public static readonly ErrorDefinition BuildInvalidImageName = Tables.Swr.Add(
        400, "4009011", "Invalid image name.",
        en: new(
            "image_name of a build task is not a legal repository name.",
            "Give only the name, without host, organization and tag: lower-case letters, digits and separators; the tag goes into " +
            "image_tag."),
        zh: new(
            "构建任务的 image_name 不是合法的镜像名称。",
            "只填写名称，不带主机、组织和 tag：小写字母、数字和分隔符；tag 请填到 image_tag。"),
        provoke: "Create a build task with the image name -.");

    public static readonly ErrorDefinition InvalidSourceType = Tables.Swr.Add(
        400, "4009012", "Invalid code source type.",
        en: new(
            "The code host of a build task is unknown, or no base address is configured for it.",
            "Use github, gitlab, gitee, bitbucket or git; for a host of your own the operator has to configure its address under that " +
            "type."),
        zh: new(
            "构建任务的代码源类型未知，或没有为该类型配置地址。",
            "请使用 github、gitlab、gitee、bitbucket 或 git；自建代码平台须由运维在对应类型下配置地址。"),
        provoke: "Create a build task with the source type svn.");

    public static readonly ErrorDefinition BuildInvalidId = Tables.Swr.Add(
        400, "4009013", "Invalid ID.",
        en: new(
            "The id of a build task or record is not a UUID, or no task of this id exists.",
            "Take it from GET /v2/s2i/tasks; a record id that you choose yourself must be a UUID as well."),
        zh: new(
            "构建任务或记录的 ID 不是 UUID，或不存在该 ID 的任务。",
            "请从 GET /v2/s2i/tasks 获取；自行指定的记录 ID 也必须是 UUID。"),
        provoke: "Get /v2/s2i/tasks/1.");

    public static readonly ErrorDefinition BuildInvalidFilter = Tables.Swr.Add(
        400, "4009014", "Invalid filter condition.",
        en: new(
            "The filter of a list of build tasks or records is malformed or uses a key that this list lacks.",
            "Tasks know namespace, image_name and source_type, records know status; both take limit and offset, all inside filter as " +
            "key::value."),
        zh: new(
            "构建任务或构建记录列表的 filter 格式错误，或使用了不支持的键。",
            "任务支持 namespace、image_name、source_type，记录支持 status；两者都支持 limit 与 offset，均以 key::value 写在 filter 中。"),
        provoke: "List build tasks with filter=x.");

    public static readonly ErrorDefinition ParseBuildTaskFailed = Tables.Swr.Add(
        400, "4009015", "Failed to parse the build task.",
        en: new(
            "The definition of a build task is no JSON object, or the one that is stored can no longer be understood when a build " +
            "starts.",
            "Send one object, not an array; for a stored task write it again with PATCH /v2/s2i/tasks/{task_id} and start the build " +
            "anew."),
        zh: new(
            "构建任务的定义不是 JSON 对象，或启动构建时已保存的定义无法识别。",
            "请发送单个对象而不是数组；已保存的任务请用 PATCH /v2/s2i/tasks/{task_id} 重新写入后再启动构建。"),
        provoke: "Create a build task with the body [].");

    public static readonly ErrorDefinition BuildInvalidFilePath = Tables.Swr.Add(
        400, "4009016", "Invalid file path.",
        en: new(
            "The path of the Dockerfile or of the build context leads out of the source tree or contains a forbidden character.",
            "Give file_path and context_path relative to the repository's root, with forward slashes and without .. ; the defaults " +
            "are Dockerfile and a single dot."),
        zh: new(
            "Dockerfile 路径或构建上下文路径越出了源码目录，或含有禁止的字符。",
            "file_path 与 context_path 须相对于代码仓库根目录，使用正斜杠且不含 ..；默认值为 Dockerfile 和单个点。"),
        provoke: "Create a build task with the file path ../Dockerfile.");

    public static readonly ErrorDefinition InvalidSourceOwner = Tables.Swr.Add(
        400, "4009017", "Invalid code source owner.",
        en: new(
            "The owner in the code host, a user, group or organization, contains characters that no code host allows.",
            "Use the part of the clone address between host and repository; only for gitlab may it contain slashes (group/subgroup)."),
        zh: new(
            "代码源所有者（用户、群组或组织）含有代码平台不允许的字符。",
            "请使用克隆地址中主机与仓库之间的部分；只有 gitlab 可以包含斜杠（群组/子群组）。"),
        provoke: "Create a build task with the source owner \"a b\".");

    public static readonly ErrorDefinition InvalidSourceRepository = Tables.Swr.Add(
        400, "4009018", "Invalid code source repository.",
        en: new(
            "The name of the source repository is malformed, often because a whole clone address was given.",
            "Give the last part of the clone address only, and without .git at its end."),
        zh: new(
            "代码源仓库名格式错误，常见原因是填入了完整的克隆地址。",
            "只填写克隆地址的最后一段，且去掉结尾的 .git。"),
        provoke: "Create a build task with the source repository \"a/b c\".");

    public static readonly ErrorDefinition InvalidSourceRepositoryId = Tables.Swr.Add(
        400, "4009019", "Invalid code source repository ID.",
        en: new(
            "The numeric id of the source repository is not a number.",
            "Leave source_repo_id out, it is optional, or send the digits that the code host's API shows as the project's or " +
            "repository's id."),
        zh: new(
            "代码源仓库 ID 不是数字。",
            "source_repo_id 为可选项，可省略；否则请填写代码平台 API 中项目或仓库的数字 ID。"),
        provoke: "Create a build task with the source repository id x.");

    public static readonly ErrorDefinition InvalidSourceBranch = Tables.Swr.Add(
        400, "4009020", "Invalid code source branch.",
        en: new(
            "The branch is not a name that git accepts.",
            "git check-ref-format --branch {name} tells the same; give the bare branch without refs/heads/ or origin/."),
        zh: new(
            "分支名不是 git 接受的名称。",
            "可用 git check-ref-format --branch {名称} 验证；请只填分支名，不带 refs/heads/ 或 origin/。"),
        provoke: "Create a build task for the branch a..b.");

    public static readonly ErrorDefinition BuildInvalidImageTag = Tables.Swr.Add(
        400, "4009021", "Invalid image tag.",
        en: new(
            "The tag that a build is to give its image is not a legal tag.",
            "Use letters, digits, dot, underscore and hyphen, at most 128; replace the slash when the tag is made from a branch name."),
        zh: new(
            "构建要赋予镜像的 tag 不合法。",
            "请使用字母、数字、点、下划线和中划线，最长 128；由分支名生成 tag 时请替换其中的斜杠。"),
        provoke: "Create a build task with the image tag : only.");

    public static readonly ErrorDefinition InvalidSourceUser = Tables.Swr.Add(
        400, "4009022", "Invalid code source user name.",
        en: new(
            "The name under which the source is fetched contains characters that are not allowed.",
            "Give the login name of the code host (letters, digits, _ . @ -), not the display name; leave it out for public " +
            "repositories."),
        zh: new(
            "用于拉取源码的用户名含有不允许的字符。",
            "请填写代码平台的登录名（字母、数字、_ . @ -）而不是显示名；公开仓库可省略。"),
        provoke: "Create a build task with the source user \"a b\".");

    public static readonly ErrorDefinition InvalidCommitId = Tables.Swr.Add(
        400, "4009023", "Invalid commit ID.",
        en: new(
            "The commit of a build is not a commit id.",
            "Use 7 to 40 lower-case hexadecimal digits (64 for SHA-256 repositories) as git rev-parse prints them; a branch or tag " +
            "name belongs elsewhere."),
        zh: new(
            "构建指定的 commit 不是 commit ID。",
            "请使用 git rev-parse 输出的 7 到 40 位小写十六进制（SHA-256 仓库为 64 位）；分支名或标签名不能填在这里。"),
        provoke: "Start a build of the commit xyz.");

    public static readonly ErrorDefinition ExecuteBuildFailed = Tables.Swr.Add(
        400, "4006030", "Failed to execute the build.",
        en: new(
            "The build could not be started, or a finished one was to be cancelled: the source is unreachable, the branch or commit " +
            "does not exist, the queue is full, or no builder is available.",
            "The detail says which; run git ls-remote for the same address from the server, and read GET " +
            "/v2/s2i/records/{record_id}/logs of a build that ran."),
        zh: new(
            "无法启动构建，或要取消的构建已结束：源码不可达、分支或 commit 不存在、队列已满，或没有可用的构建器。",
            "detail 会说明原因；请在服务器上对同一地址执行 git ls-remote，已运行的构建请查看 GET /v2/s2i/records/{record_id}/logs。"),
        provoke: "Start a task whose source repository is unreachable.");

    public static readonly ErrorDefinition BuildRecordExists = Tables.Swr.Add(
        400, "4006031", "The build record already exists.",
        en: new(
            "This build was started before: the record id is taken, or the same commit of this task is waiting, running or built " +
            "successfully.",
            "Usually a web hook that was delivered twice, so nothing needs doing; to build again on purpose send \"force\":true and a " +
            "new record id."),
        zh: new(
            "该构建此前已启动：记录 ID 已被占用，或该任务的同一 commit 正在等待、运行或已构建成功。",
            "通常是 Webhook 重复投递，无需处理；如需再次构建，请发送 \"force\":true 并使用新的记录 ID。"),
        provoke: "Start a build twice with the same record id.");

    public static readonly ErrorDefinition BuildRecordNotFound = Tables.Swr.Add(
        404, "4046032", "The build record does not exist.",
        en: new(
            "No build record has this id; records go when their task is deleted.",
            "List those of the task with GET /v2/s2i/tasks/{task_id}/records, and mind that a task id is not a record id."),
        zh: new(
            "不存在该 ID 的构建记录；任务删除后其记录也会消失。",
            "请用 GET /v2/s2i/tasks/{task_id}/records 列出记录；注意任务 ID 不是记录 ID。"),
        provoke: "Get a build record with a random UUID.");

    public static readonly ErrorDefinition GetBuildRecordFailed = Tables.Swr.Add(
        500, "5006033", "Failed to get the build record from the database.",
        en: new(
            "Build records could not be read from the database.",
            "Builds that run go on and report when the database is back; their images appear in the repository in any case, so look " +
            "there first."),
        zh: new(
            "无法从数据库读取构建记录。",
            "正在运行的构建会继续，数据库恢复后可查询结果；构建出的镜像仍会出现在镜像仓库中，可先到那里查看。"),
        provoke: "Make the table of build records unreadable and list a task's builds.");
}
