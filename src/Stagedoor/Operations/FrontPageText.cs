using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary>The words of the front page, as HTML.</summary>
internal sealed record FrontPageText(
    string Lead,
    string Ready,
    string NotReady,
    string Services,
    string On,
    string Off,
    string Uncounted,
    string LogIn,
    string Keys,
    string AccessKey,
    string PlainHttp,
    string HowToLogIn,
    string Further,
    string ErrorCodes,
    string Docs,
    string ApiDescription,
    string Operations)
{
    private static readonly FrontPageText s_english = new(
        "The services behind ServiceStage, on your own machine.",
        "Ready",
        "Not ready",
        "Services",
        "on",
        "off in this process",
        "cannot be counted now",
        "Log in",
        "The first account’s access key and the registry key that goes with it are in <code>first-run.json</code> in the data folder.",
        "ACCESSKEY",
        "This address is plain HTTP: docker logs in only when {host} is one of its <code>insecure-registries</code>.",
        "How the key is made, and what stands in <code>auth.json</code>: <a href=\"/docs/images#logging-in\">images</a>, <a href=\"/docs/clients\">clients</a>, <a href=\"/docs/identity\">identity</a>.",
        "Read on",
        "Error codes: what each means and what to do",
        "Documentation of this version",
        "API description:",
        "For operators:");

    private static readonly FrontPageText s_chinese = new(
        "ServiceStage 背后的各项服务，运行在您自己的机器上。",
        "就绪",
        "未就绪",
        "服务",
        "已启用",
        "本进程未启用",
        "暂时无法统计",
        "登录",
        "首个账号的访问密钥及配套的镜像仓库登录密钥保存在数据目录的 <code>first-run.json</code> 中。",
        "ACCESSKEY",
        "此地址为明文 HTTP：只有把 {host} 加入 docker 的 <code>insecure-registries</code> 之后才能登录。",
        "登录密钥如何生成、<code>auth.json</code> 的内容：<a href=\"/docs/images#logging-in\">镜像</a>、<a href=\"/docs/clients\">客户端</a>、<a href=\"/docs/identity\">身份</a>（英文）。",
        "延伸阅读",
        "错误码：各自的含义与处理办法",
        "本版本的文档",
        "API 描述：",
        "运维：");

    internal static FrontPageText Of(string language) => ErrorLanguage.IsChinese(language) ? s_chinese : s_english;

    internal string TitleOf(IModule module) => module.Traits.Title is not { } title ? module.Name : this == s_chinese ? title.Chinese : title.English;

    internal string NounOf(IModule module, string counted) =>
        this == s_chinese && module.Traits.Title?.Nouns.GetValueOrDefault(counted) is { } noun ? noun : counted;
}
