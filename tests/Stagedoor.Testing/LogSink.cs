using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Testing;

/// <summary>Keeps what a host logs, with the scopes that each line stands in.</summary>
[ProviderAlias("Test")]
public sealed class LogSink : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Sink(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Clear() => _lines.Clear();

    public void Dispose()
    {
    }

    private sealed class Sink(LogSink owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            ArgumentNullException.ThrowIfNull(formatter);
            var scopes = new List<string>();
            owner._scopes.ForEachScope(static (scope, found) => found.Add(scope?.ToString() ?? ""), scopes);
            owner._lines.Enqueue(new(logLevel, category, formatter(state, exception), exception, string.Join(' ', scopes)));
        }
    }
}

/// <summary>A line of the log.</summary>
/// <param name="Level">How serious it is.</param>
/// <param name="Category">Who says it.</param>
/// <param name="Message">The text.</param>
/// <param name="Exception">What was thrown.</param>
/// <param name="Scopes">The scopes around it, as text.</param>
public sealed record LogLine(LogLevel Level, string Category, string Message, Exception? Exception, string Scopes)
{
    public override string ToString() => $"{Level} {Category}: {Message} [{Scopes}] {Exception}";
}
