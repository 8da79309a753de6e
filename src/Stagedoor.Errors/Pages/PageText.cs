namespace Stagedoor.Errors.Pages;

/// <summary>The words around the rows, in one language.</summary>
internal sealed record PageText(
    string Lang,
    string HtmlLang,
    string OtherLang,
    string OtherHtmlLang,
    string OtherName,
    string AllCodes,
    string Code,
    string Status,
    string WireText,
    string NoText,
    string Meaning,
    string Remedy,
    string Example,
    string Provoke,
    string Source,
    string SearchLabel,
    string Search,
    string Found,
    string Nothing,
    string Navigation,
    string UnknownCode,
    string Docs)
{
    public static PageText English { get; } = new(
        ErrorLanguage.English,
        "en",
        ErrorLanguage.Chinese,
        "zh-Hans",
        "中文",
        "Error codes",
        "Code",
        "Status",
        "Text on the wire",
        "none: this is a success",
        "What happened",
        "What to do",
        "What the client receives",
        "How to see it for real",
        "Where it comes from",
        "Code, or words from the error",
        "Search",
        "found",
        "Nothing found. Try fewer words, or the number at the end of the code.",
        "Languages and overview",
        "There is no error code",
        "Documentation");

    public static PageText Chinese { get; } = new(
        ErrorLanguage.Chinese,
        "zh-Hans",
        ErrorLanguage.English,
        "en",
        "English",
        "错误码",
        "错误码",
        "状态码",
        "返回的文本",
        "无：这是成功响应",
        "发生了什么",
        "如何处理",
        "客户端收到的内容",
        "如何真实重现",
        "来源",
        "错误码，或错误中的文字",
        "搜索",
        "条结果",
        "没有找到。请减少关键字，或只输入错误码末尾的数字。",
        "语言与总览",
        "没有此错误码",
        "文档");

    public static PageText Of(string? lang) => ErrorLanguage.IsChinese(lang) ? Chinese : English;

    public string TitleOf(string service) => (service, ErrorLanguage.IsChinese(Lang)) switch
    {
        ("gateway", false) => "Gateway",
        ("gateway", true) => "网关",
        ("iam", false) => "Identity (IAM)",
        ("iam", true) => "身份认证（IAM）",
        ("images", false) => "Images",
        ("images", true) => "镜像与软件包",
        ("discovery", false) => "Discovery",
        ("discovery", true) => "微服务引擎",
        ("tracing", false) => "Tracing",
        ("tracing", true) => "调用链",
        ("addons", false) => "Add-ons",
        ("addons", true) => "插件",
        _ => service,
    };
}
