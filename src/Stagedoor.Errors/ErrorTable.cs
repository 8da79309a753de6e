namespace Stagedoor.Errors;

/// <summary>The rows of one service. A code declared twice fails when the table is first touched, so at start-up.</summary>
/// <param name="prefix">What stands before the number, for example <c>SVCSTG.SWR.</c>; may be empty.</param>
/// <param name="envelope">The shape in which the service publishes its errors.</param>
/// <param name="service">The owning service's name in the catalogue.</param>
/// <param name="source">Where the rows come from, unless a row says otherwise.</param>
public sealed class ErrorTable(string prefix, Envelope envelope, string service, string source)
{
    private readonly Dictionary<(string Code, int Status, string? Message), ErrorDefinition> _rows = [];

    /// <summary>The rows in the order of their declaration.</summary>
    public IReadOnlyCollection<ErrorDefinition> Rows => _rows.Values;

    /// <summary>Declares a row.</summary>
    /// <exception cref="InvalidOperationException">The same code, status and text is declared already.</exception>
    public ErrorDefinition Add(
        int status,
        string number,
        string? message,
        ErrorText en,
        ErrorText zh,
        string provoke,
        string? provokeChinese = null,
        Envelope? shape = null)
    {
        var row = new ErrorDefinition(prefix + number, status, message, shape ?? envelope, service, source, provoke, provokeChinese, en, zh);
        return _rows.TryAdd((row.Code, row.Status, row.Message), row)
            ? row
            : throw new InvalidOperationException($"The error {row.Code} ({status}) is declared twice.");
    }
}
