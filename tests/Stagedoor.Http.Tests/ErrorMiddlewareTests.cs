using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stagedoor.Errors;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Http.Tests;

/// <summary>Whatever escapes from below becomes one coded answer, one line in the log for a fault, and nothing that is thrown again.</summary>
public sealed class ErrorMiddlewareTests : IDisposable
{
    private readonly RecordingLogger _log = new();
    private readonly MemoryStream _body = new();
    private readonly DefaultHttpContext _context;

    public ErrorMiddlewareTests()
    {
        _context = new() { RequestServices = new ServiceCollection().Configure<ErrorOptions>(static _ => { }).BuildServiceProvider() };
        _context.Response.Body = _body;
        _context.Request.Method = "PUT";
        _context.Request.Path = "/v2/manage/things";
    }

    public void Dispose() => _body.Dispose();

    private string Body => Encoding.UTF8.GetString(_body.ToArray());

    [Fact]
    public async Task What_is_thrown_with_a_code_is_answered_with_it_and_not_logged()
    {
        await ThrowAsync(new ApiException(ImagesCodes.OrganizationNotFound, "team-a"));

        Assert.Equal(404, _context.Response.StatusCode);
        Assert.Contains("SVCSTG.SWR.4040058", Body, StringComparison.Ordinal);
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData(StorageSource.Database, "SVCSTG.SWR.5000059")]
    [InlineData(StorageSource.Blobs, "SVCSTG.SWR.5001053")]
    public async Task A_storage_fault_is_what_the_operation_calls_it(StorageSource source, string code)
    {
        Endpoint(new FaultMetadata(Row("SVCSTG.SWR.5000059"), Row("SVCSTG.SWR.5001053")));

        await ThrowAsync(new StorageException(source, StorageFault.Failed, "secret place"));

        Assert.Contains(code, Body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret place", Body, StringComparison.Ordinal);
        Assert.Contains(code, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(NullReferenceException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(StorageException))]
    public async Task Anything_else_is_an_internal_error_that_says_nothing_of_itself(Type type)
    {
        var fault = type == typeof(StorageException)
            ? new StorageException(StorageSource.Database, StorageFault.Failed, "where it is")
            : (Exception)Activator.CreateInstance(type, "where it is")!;

        await ThrowAsync(fault);

        Assert.Equal(GatewayCodes.Internal.Status, _context.Response.StatusCode);
        Assert.Equal(GatewayCodes.Internal.Code, JsonDocument.Parse(Body).RootElement.GetProperty("error_code").GetString());
        Assert.DoesNotContain("where it is", Body, StringComparison.Ordinal);
        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task An_operation_has_its_own_name_for_what_nobody_foresaw()
    {
        Endpoint(new UnexpectedMetadata(Row("SVCSTG.SWR.5000059")));

        await ThrowAsync(new InvalidOperationException());

        Assert.Contains("SVCSTG.SWR.5000059", Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(BadHttpRequestException))]
    public async Task A_client_that_is_gone_is_499_and_not_logged(Type type)
    {
        var gone = new Lifetime(isGone: true);
        _context.Features.Set<IHttpRequestLifetimeFeature>(gone);

        await ThrowAsync((Exception)Activator.CreateInstance(type, "gone")!);

        Assert.Equal(499, _context.Response.StatusCode);
        Assert.Equal("", Body);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_fault_of_the_server_is_logged_though_the_client_is_gone()
    {
        _context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime(isGone: true));

        await ThrowAsync(new InvalidOperationException());

        Assert.Single(_log.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_under_way_is_cut_and_nothing_is_added_to_it(bool isGone)
    {
        var lifetime = new Lifetime(isGone);
        _context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        _context.Features.Set<IHttpResponseFeature>(new Started());

        await ThrowAsync(new IOException());

        Assert.True(lifetime.IsAborted);
        Assert.Equal("", Body);
        Assert.Equal(200, _context.Response.StatusCode);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(400)]
    public async Task An_empty_refusal_of_the_framework_gets_a_code_and_keeps_no_empty_body(int status)
    {
        var expected = status switch
        {
            404 => GatewayCodes.ApiNotFound,
            405 => GatewayCodes.MethodNotFound,
            413 => GatewayCodes.BodyTooLarge,
            _ => GatewayCodes.BadRequest,
        };

        await RunAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        Assert.Equal(expected.Code, JsonDocument.Parse(Body).RootElement.GetProperty("error_code").GetString());
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task What_a_handler_has_answered_is_left_as_it_is()
    {
        await RunAsync(static async context =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("mine");
        });

        Assert.Equal("mine", Body);
    }

    private static ErrorDefinition Row(string code) => ImagesCodes.All.First(e => string.Equals(e.Code, code, StringComparison.Ordinal));

    private void Endpoint(params object[] metadata) => _context.SetEndpoint(new(null, new(metadata), "thing"));

    private Task ThrowAsync(Exception fault) => RunAsync(_ => Task.FromException(fault));

    private Task RunAsync(RequestDelegate next) => new ErrorMiddleware(next, new UnmatchedRoutes(), _log).InvokeAsync(_context);

    private sealed class Lifetime(bool isGone) : IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; } = new(isGone);

        public void Abort() => IsAborted = true;
    }

    private sealed class Started : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }

    private sealed class RecordingLogger : ILogger<ErrorMiddleware>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
