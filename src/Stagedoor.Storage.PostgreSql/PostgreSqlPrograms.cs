using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>What PostgreSQL's own programs, such as <c>pg_dump</c>, are told of a connection string: in their environment, where no list of processes shows it.</summary>
public static class PostgreSqlPrograms
{
    /// <summary>The variables.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PGHOST"] = settings.Host,
            ["PGPORT"] = $"{settings.Port}",
            ["PGUSER"] = settings.Username,
            ["PGPASSWORD"] = settings.Password,
            ["PGDATABASE"] = DatabaseOf(connectionString),
            ["PGPASSFILE"] = settings.Passfile,
            ["PGSSLMODE"] = settings.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                _ => $"{settings.SslMode}".ToLowerInvariant(),
            },
            ["PGSSLROOTCERT"] = settings.RootCertificate,
            ["PGSSLCERT"] = settings.SslCertificate,
            ["PGSSLKEY"] = settings.SslKey,
            ["PGAPPNAME"] = "stagedoor backup",
        };
        return variables.Where(static v => !string.IsNullOrEmpty(v.Value)).ToDictionary(static v => v.Key, static v => v.Value!, StringComparer.Ordinal);
    }

    /// <summary>The database that a connection string names.</summary>
    public static string DatabaseOf(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) is var settings ? settings.Database ?? settings.Username ?? "" : "";
}
