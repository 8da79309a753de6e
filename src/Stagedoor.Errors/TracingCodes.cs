namespace Stagedoor.Errors;

/// <summary>The codes of the trace service. Two of them say success, in the same envelope.</summary>
public static class TracingCodes
{
    private static readonly ErrorTable s_table = new(
        "", Envelope.Tracing, "tracing", "Founding document of the trace service: its published error codes");

    // The founding document has no code for its own faults.
    private static readonly ErrorTable s_own = new("", Envelope.Tracing, "tracing", "Own row: a fault of the store, which the founding document of the trace service has no code for");

    /// <summary>Every row of the service.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => [.. s_table.Rows, .. s_own.Rows];

    public static readonly ErrorDefinition AtpsSucceeded = s_table.Add(
        200, "SVCSTG.ATPS.2000", null,
        en: new(
            "Not an error: an operation under /atps/ succeeded. The answer is in responseInfo, and errorMessage is null; an empty " +
            "list is a success too.",
            "Nothing to do. When the list of applications stays empty, check that spans arrive and carry service.namespace, and that " +
            "you ask the project they were sent to."),
        zh: new(
            "这不是错误：/atps/ 下的操作成功。结果在 responseInfo 中，errorMessage 为 null；空列表也属于成功。",
            "无需处理。如果应用列表一直为空，请确认有 span 上报并带有 service.namespace，且查询的是上报时所用的项目。"),
        provoke: "Call GET /v1/{project_id}/atps/monitorgroups.",
        provokeChinese: "调用 GET /v1/{project_id}/atps/monitorgroups。");

    public static readonly ErrorDefinition AtsSucceeded = s_table.Add(
        200, "SVCSTG.ATS.2000", null,
        en: new(
            "Not an error: an operation under /ats/ succeeded and found something, which stands in responseInfo; errorMessage is null.",
            "Nothing to do; in your code compare the whole code or the HTTP status, because SVCSTG.ATS.200103 also begins with 200 " +
            "and is a failure."),
        zh: new(
            "这不是错误：/ats/ 下的操作成功且有结果，结果在 responseInfo 中；errorMessage 为 null。",
            "无需处理；代码中请比较完整错误码或 HTTP 状态码，因为 SVCSTG.ATS.200103 同样以 200 开头，却表示失败。"),
        provoke: "Send one server span and call GET /v1/{project_id}/ats/applications.",
        provokeChinese: "发送一个 server span，然后调用 GET /v1/{project_id}/ats/applications。");

    public static readonly ErrorDefinition InvalidProjectId = s_table.Add(
        400, "SVCSTG.ATS.400101", "projectId in url is invalid.",
        en: new(
            "The project in the path is not 32 lower-case hexadecimal digits, does not exist, or is not the one your token is for. " +
            "Other parameters of /ats/ calls are refused by this code too, with their own name in the text.",
            "Take the id from GET /v3/auth/projects (not the project's name), and get the token for that project; the 0 of older " +
            "examples is only accepted where it was switched on. For another parameter check its form: times in milliseconds, limit " +
            "above 0, trace ids in hexadecimal."),
        zh: new(
            "路径中的项目 ID 不是 32 位小写十六进制、不存在，或不是 Token 所属的项目。/ats/ 接口的其他参数无效时也返回此码，文本中给出" +
            "参数名。",
            "请从 GET /v3/auth/projects 获取项目 ID（不是项目名称），并使用该项目的 Token；旧示例中的 0 仅在开启相应选项后有效。其他参" +
            "数请检查格式：时间为毫秒、limit 大于 0、traceId 为十六进制。"),
        provoke: "Call GET /v1/xyz/ats/applications.",
        provokeChinese: "调用 GET /v1/xyz/ats/applications。");

    public static readonly ErrorDefinition EmptyResult = s_table.Add(
        400, "SVCSTG.ATS.200103", "query trace result is empty.",
        en: new(
            "The query was valid but nothing matched it; in this API an empty result is answered with status 400.",
            "Widen the time window and drop the filters one by one; new spans are visible after some seconds, old ones are gone after " +
            "the retention time, and names are case-sensitive."),
        zh: new(
            "查询有效，但没有匹配的数据；该接口以 400 表示空结果。",
            "请扩大时间范围并逐个去掉过滤条件；新 span 数秒后可见，超过保留时间的数据已删除，名称区分大小写。"),
        provoke: "Get the spans of a random trace id.",
        provokeChinese: "查询一个随机 traceId 的 span。");

    public static readonly ErrorDefinition InvalidRequest = s_table.Add(
        400, "SVCSTG_AMS_4000001", "Request param invalid",
        en: new(
            "The request cannot be decoded or understood: bytes that are not UTF-8, one parameter given twice, a bad clusterId or " +
            "namespace header, no identity, or a bad parameter of an /atps/ call.",
            "Encode names as UTF-8 percent escapes and send each parameter once; if the identity is missing you reached the service " +
            "past the gateway, so use the public address."),
        zh: new(
            "请求无法解码或识别：包含非 UTF-8 字节、同一参数出现两次、clusterId 或 namespace 请求头无效、缺少身份，或 /atps/ 接口的参" +
            "数无效。",
            "名称请按 UTF-8 百分号编码，每个参数只发送一次；缺少身份说明绕过了网关，请使用对外地址。"),
        provoke: "Search traces with application=%ff.",
        provokeChinese: "以 application=%ff 搜索调用链。");

    public static readonly ErrorDefinition NoRoom = s_own.Add(
        503, "SVCSTG.ATS.503001", "no room for spans at the moment.",
        en: new(
            "Spans were not taken: more of them are on their way in than memory or the disk has room for, or the store does not answer. Nothing of the request is kept. " +
            "The body has the form of the sender's protocol, so the code stands in the header X-Stagedoor-Error-Code alone.",
            "Send them again after the seconds of Retry-After. When it stays, look at /readyz and at the room on the disk; Tracing:MaxBytesInFlight says how many bytes may be on their way in."),
        zh: new(
            "span 未被接收：正在上报的数据超出内存或磁盘的容量，或存储无响应。该请求的任何内容都未保存。响应体采用发送方协议的格式，因此错误码只出现在响应头 X-Stagedoor-Error-Code 中。",
            "请在 Retry-After 指定的秒数后重新发送；若问题持续，请查看 /readyz 和磁盘剩余空间；Tracing:MaxBytesInFlight 规定同时上报的字节数上限。"),
        provoke: "Set Tracing:MaxBytesInFlight to 1048576, hold a request of nearly that size half-way, and send another one.",
        provokeChinese: "将 Tracing:MaxBytesInFlight 设为 1048576，发送一个接近该大小的请求并停在中途，再发送另一个请求。");

    public static readonly ErrorDefinition AtsFailed = s_own.Add(
        500, "SVCSTG.ATS.500001", "internal error.",
        en: new(
            "A query under /ats/ failed because the store of spans did: its disk or database does not answer, or the query took longer than ten seconds.",
            "Ask again with a shorter time window. When it stays, look at /readyz and at the log lines with the request id of the answer."),
        zh: new(
            "/ats/ 下的查询失败，原因在于 span 存储：磁盘或数据库无响应，或查询超过十秒。",
            "请缩短时间范围后重试；若问题持续，请查看 /readyz 以及日志中带有该响应请求 ID 的行。"),
        provoke: "Make the files of the spans unreadable and search traces.",
        provokeChinese: "使 span 文件不可读，然后搜索调用链。");

    public static readonly ErrorDefinition AtpsFailed = s_own.Add(
        500, "SVCSTG.ATPS.500001", "internal error.",
        en: new(
            "A query under /atps/ failed because the store of spans or of their measures did not answer.",
            "Look at /readyz, which names the store, and at the log lines with the request id of the answer; nothing that was taken in is lost by it."),
        zh: new(
            "/atps/ 下的查询失败，原因是 span 或其统计数据的存储无响应。",
            "请查看 /readyz（会指出相应的存储）以及日志中带有该响应请求 ID 的行；已接收的数据不会因此丢失。"),
        provoke: "Make the files of the spans unreadable and list monitor groups.",
        provokeChinese: "使 span 文件不可读，然后列出监控组。");
}
