using Stagedoor.Storage;

namespace Stagedoor.Images;

/// <summary>The tables of the image repository.</summary>
internal sealed class ImagesDb(IDatabaseEngine engine) : Db(engine.Open("images"))
{
    /// <summary>The condition that a column is one of the values of an array parameter, which the engines spell differently.</summary>
    public string In(string column, string parameter) => Engine is "postgresql" ? $"{column} = ANY(@{parameter})" : $"{column} IN @{parameter}";

    /// <summary>What a query ends with that holds its rows until the transaction ends. SQLite has one writer at a time, so that everything is held.</summary>
    public string ForUpdate => Engine is "postgresql" ? " FOR UPDATE" : "";
}
