namespace Stagedoor.Errors;

/// <summary>The two languages of the catalogue. Plain names, because the process runs without cultures.</summary>
public static class ErrorLanguage
{
    /// <summary>English, and whatever is not Chinese.</summary>
    public const string English = "en";

    /// <summary>Chinese.</summary>
    public const string Chinese = "zh";

    /// <summary>True for <c>zh</c> and its variants, such as <c>zh-CN</c>.</summary>
    public static bool IsChinese(string? lang) =>
        lang is not null
        && lang.StartsWith(Chinese, StringComparison.OrdinalIgnoreCase)
        && (lang.Length == Chinese.Length || lang[Chinese.Length] is '-' or '_');

    /// <summary>The other of the two.</summary>
    public static string Other(string? lang) => IsChinese(lang) ? English : Chinese;

    /// <summary>How to see it for real; for a code that is not answered yet, that.</summary>
    public static string ProvokeOf(ErrorDefinition row, string? lang) => (row.ProvokeChinese, IsChinese(lang)) switch
    {
        (null, false) => "This version does not answer it yet: that part of the service is planned.",
        (null, true) => "本版本尚不会返回此错误码：相应的服务部分仍在计划中。",
        (_, false) => row.Provoke,
        (var chinese, true) => chinese,
    };

    /// <summary>Where the code comes from.</summary>
    public static string SourceOf(ErrorDefinition row, string? lang) => !IsChinese(lang) ? row.Source : row.Service switch
    {
        "images" => "镜像仓库服务的原始文档：其公开的错误码",
        "discovery" when row.Source.StartsWith("Public", StringComparison.Ordinal) => "公开资料：Apache ServiceComb Service Center 接口的错误码",
        "discovery" => "微服务引擎的原始文档：其公开的错误码",
        "tracing" => "调用链服务的原始文档：其公开的错误码",
        "addons" => "插件管理服务的原始文档：其公开的错误码",
        "gateway" => "公开资料：API 网关错误码，https://support.huaweicloud.com/devg-apisign/api-sign-errorcode.html",
        "iam" => "公开资料：身份与访问管理接口的错误码",
        _ => throw new ArgumentOutOfRangeException(nameof(row), row.Service, "A service whose source has no Chinese name."),
    };

    /// <summary>Meaning and remedy in this language.</summary>
    public static ErrorText TextOf(ErrorDefinition row, string? lang) => IsChinese(lang) ? row.Chinese : row.English;
}
