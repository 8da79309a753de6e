using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>One line for each request that is worth one, in the category <c>Stagedoor.Requests</c>. Its id is in the scope around it.</summary>
internal sealed partial class RequestLog(IOptions<RequestLogOptions> options, ILoggerFactory loggers)
{
    private const int MaxText = 1024;
    private const int ClientClosedRequest = 499;

    private readonly ILogger _logger = loggers.CreateLogger("Stagedoor.Requests");
    private readonly LoggedRequests _logged = options.Value.Requests;

    public void Note(HttpContext context, string code, TimeSpan elapsed)
    {
        var response = context.Response;
        if (_logged is LoggedRequests.Off || (response.StatusCode < 400 && _logged is not LoggedRequests.All))
        {
            return;
        }

        // Of an answer that broke off the status was sent all the same.
        var status = context.RequestAborted.IsCancellationRequested ? ClientClosedRequest : response.StatusCode;
        var level = status >= 500 ? LogLevel.Warning : LogLevel.Information;
        if (_logger.IsEnabled(level))
        {
#pragma warning disable CA1873 // The level is looked at two lines above.
            LogRequest(
                level,
                Text.Cut(context.Request.Method, MaxText),
                Text.Cut(context.Request.Path.Value ?? "", MaxText),
                status,
                code.Length > 0 ? code : "-",
                (long)elapsed.TotalMilliseconds,
                response.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-",
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
        LogLevel level, string method, string path, int status, string code, long milliseconds, string bytes, string caller, string address);
}
