using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>One line for each request that is worth one, in the category <c>Stagedoor.Requests</c>. Its id is in the scope around it.</summary>
internal sealed partial class RequestLog(IOptions<RequestLogOptions> options, ModuleSet modules, ILoggerFactory loggers)
{
    private const int MaxText = 1024;

    private readonly ILogger _logger = loggers.CreateLogger("Stagedoor.Requests");
    private readonly LoggedRequests _logged = options.Value.Requests;

    public void Note(HttpContext context, in RequestEnding ending)
    {
        if (_logged is LoggedRequests.Off || (context.Response.StatusCode < 400 && _logged is not LoggedRequests.All))
        {
            return;
        }

        var level = ending.Status >= 500 ? LogLevel.Warning : LogLevel.Information;
        if (_logger.IsEnabled(level))
        {
#pragma warning disable CA1873 // The level is looked at two lines above.
            LogRequest(
                level,
                Text.Cut(context.Request.Method, MaxText),
                Text.Cut(modules.Masked(context.Request.Path.Value ?? ""), MaxText),
                ending.Status,
                ending.Code.Length > 0 ? ending.Code : "-",
                (long)ending.Elapsed.TotalMilliseconds,
                ending.Bytes,
                CallerOf(context),
                context.Connection.RemoteIpAddress?.ToString() ?? "-");
#pragma warning restore CA1873
        }
    }

    private static string CallerOf(HttpContext context)
    {
        var slot = context.RequestServices.GetService<CallerSlot>();
        return slot?.Known is { } caller ? $"{caller.DomainName}/{caller.UserName}" : slot?.AccountName ?? "-";
    }

    [LoggerMessage(EventName = "Request", Message = "{Method} {Path} {Status} {Code} {Milliseconds} ms {Bytes} bytes {Caller} {Address}")]
    private partial void LogRequest(
        LogLevel level, string method, string path, int status, string code, long milliseconds, long bytes, string caller, string address);
}
