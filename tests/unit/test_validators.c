/* test_validators.c - every validator on numbers from standards, on all shared vectors that apply, and on chance. */
#include "palisade/file.h"
#include "palisade/json.h"

#include "detect/secrets.h"
#include "detect/validators.h"

#include "check.h"

static const struct {
	const char    *validator, *value;
	enum pal_check verdict;
} cases[] = {
	{ "luhn", "79927398713", PAL_CHECK_PASS },
	{ "luhn", "79927398710", PAL_CHECK_FAIL },
	{ "card", "4111111111111111", PAL_CHECK_PASS },
	{ "card", "378282246310005", PAL_CHECK_PASS },
	{ "card", "5555555555554444", PAL_CHECK_PASS },
	{ "card", "2223003122003222", PAL_CHECK_PASS },
	{ "card", "4111111111111112", PAL_CHECK_FAIL },
	{ "card", "9111111111111111", PAL_CHECK_FAIL },
	{ "card", "0000000000000000", PAL_CHECK_FAIL },
	{ "iban", "GB82WEST12345698765432", PAL_CHECK_PASS },
	{ "iban", "DE89370400440532013000", PAL_CHECK_PASS },
	{ "iban", "DE89370400440532013001", PAL_CHECK_FAIL },
	{ "iban", "GB82WEST1234569876543", PAL_CHECK_FAIL },
	{ "bic", "DEUTDEFF", PAL_CHECK_PASS },
	{ "bic", "DEUTDEFF500", PAL_CHECK_PASS },
	{ "bic", "MULTIPLE", PAL_CHECK_FAIL },
	{ "us_ssn", "536904399", PAL_CHECK_PASS },
	{ "us_ssn", "078051120", PAL_CHECK_FAIL },
	{ "us_ssn", "666123456", PAL_CHECK_FAIL },
	{ "us_ssn", "900123456", PAL_CHECK_FAIL },
	{ "us_npi", "1234567893", PAL_CHECK_PASS },
	{ "us_npi", "1234567890", PAL_CHECK_FAIL },
	{ "us_dea", "AB1234563", PAL_CHECK_PASS },
	{ "us_dea", "AB1234564", PAL_CHECK_FAIL },
	{ "us_mbi", "1EG4TE5MK73", PAL_CHECK_PASS },
	{ "us_mbi", "1EG4TE5MK7S", PAL_CHECK_FAIL },
	{ "us_mbi", "1SG4TE5MK73", PAL_CHECK_FAIL },
	{ "uk_nino", "AB123456C", PAL_CHECK_PASS },
	{ "uk_nino", "BG123456C", PAL_CHECK_FAIL },
	{ "uk_nino", "QQ123456C", PAL_CHECK_FAIL },
	{ "uk_postcode", "SW1A1AA", PAL_CHECK_PASS },
	{ "uk_postcode", "M11AE", PAL_CHECK_PASS },
	{ "uk_postcode", "QQ11AA", PAL_CHECK_FAIL },
	{ "in_aadhaar", "234123412346", PAL_CHECK_PASS },
	{ "fr_nir", "295109912611193", PAL_CHECK_PASS },
	{ "es_nif", "12345678Z", PAL_CHECK_PASS },
	{ "es_nif", "12345678A", PAL_CHECK_FAIL },
	{ "es_nif", "X1234567L", PAL_CHECK_PASS },
	{ "it_cf", "RSSMRA85T10A562S", PAL_CHECK_PASS },
	{ "it_cf", "RSSMRA85T10A562T", PAL_CHECK_FAIL },
	{ "nl_bsn", "111222333", PAL_CHECK_PASS },
	{ "br_cpf", "11144477735", PAL_CHECK_PASS },
	{ "br_cpf", "11111111111", PAL_CHECK_FAIL },
	{ "au_medicare", "2123456701", PAL_CHECK_PASS },
	{ "au_medicare", "2123456711", PAL_CHECK_FAIL },
	{ "sg_nric", "S1234567D", PAL_CHECK_PASS },
	{ "sg_nric", "S1234567E", PAL_CHECK_FAIL },
	{ "vin", "1HGCM82633A004352", PAL_CHECK_PASS },
	{ "vin", "11111111111111111", PAL_CHECK_FAIL },
	{ "vin", "1HGCM82633A004353", PAL_CHECK_FAIL },
	{ "imei", "490154203237518", PAL_CHECK_PASS },
	{ "date_of_birth", "1984-02-29", PAL_CHECK_PASS },
	{ "date_of_birth", "1983-02-29", PAL_CHECK_FAIL },
	{ "date_of_birth", "29/02/1984", PAL_CHECK_PASS },
	{ "date_of_birth", "02/29/1984", PAL_CHECK_PASS },
	{ "date_of_birth", "13/13/1984", PAL_CHECK_FAIL },
	{ "date_of_birth", "19840229", PAL_CHECK_PASS },
	{ "email", "ann.o'hara+list@mail.example.com", PAL_CHECK_PASS },
	{ "email", "ann@example.invalid", PAL_CHECK_FAIL },
	{ "email", "icon@2x.png", PAL_CHECK_FAIL },
	{ "email", "ann@host", PAL_CHECK_FAIL },
	{ "email", "@mail.com", PAL_CHECK_FAIL },
	{ "phone_e164", "+44 20 7946 0958", PAL_CHECK_PASS },
	{ "phone_e164", "+1 (212) 555-0187", PAL_CHECK_PASS },
	{ "phone_e164", "+1 112 555 0187", PAL_CHECK_FAIL },
	{ "phone_us", "2125550187", PAL_CHECK_PASS },
	{ "phone_us", "2115550187", PAL_CHECK_FAIL },
	{ "ipv4", "81.2.69.142", PAL_CHECK_PASS },
	{ "ipv4", "192.168.1.1", PAL_CHECK_FAIL },
	{ "ipv4", "1.2.3.4", PAL_CHECK_FAIL },
	{ "ipv4", "81.2.69.256", PAL_CHECK_FAIL },
	{ "ipv4", "81.2.069.25", PAL_CHECK_FAIL },
	{ "ipv6", "2a02:26f7:b3cc:6ba0::1", PAL_CHECK_PASS },
	{ "ipv6", "2001:db8::1", PAL_CHECK_FAIL },
	{ "ipv6", "2a02:26f7", PAL_CHECK_FAIL },
	{ "mac", "d0:50:99:84:a2:a0", PAL_CHECK_PASS },
	{ "mac", "d0:50-99:84:a2:a0", PAL_CHECK_FAIL },
	{ "mac", "ff:ff:ff:ff:ff:ff", PAL_CHECK_FAIL },
	{ "geo", "48.85837, 2.29448", PAL_CHECK_PASS },
	{ "geo", "98.85837, 2.29448", PAL_CHECK_FAIL },
	{ "bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", PAL_CHECK_STRONG },
	{ "bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", PAL_CHECK_FAIL },
	{ "bitcoin", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", PAL_CHECK_STRONG },
	{ "ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", PAL_CHECK_STRONG },
	{ "ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", PAL_CHECK_FAIL },
	{ "ethereum", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", PAL_CHECK_PASS },
	{ "icd10", "E119", PAL_CHECK_PASS },
	{ "icd10", "11A", PAL_CHECK_FAIL },
	{ "person_name", "Mary-Anne O'Neil", PAL_CHECK_PASS },
	{ "person_name", "mean radius", PAL_CHECK_FAIL },
	{ "person_name", "17.99", PAL_CHECK_FAIL },
	{ "street", "12 Acacia Avenue", PAL_CHECK_PASS },
	{ "street", "Hauptstrasse 12a", PAL_CHECK_PASS },
	{ "street", "12.5", PAL_CHECK_FAIL },
	{ "jwt", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
	  PAL_CHECK_STRONG },
	{ "jwt", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ8.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
	  PAL_CHECK_FAIL },
	{ "url_password", "postgres://app:w7Kq02xz@db.host", PAL_CHECK_PASS },
	{ "url_password", "postgres://user:password@db.host", PAL_CHECK_FAIL },
	{ "url_password", "postgres://app:${PGPASS}@db.host", PAL_CHECK_FAIL },
	{ "secret_value", "os.environ", PAL_CHECK_FAIL },
	{ "secret_value", "get_secret_value_2_by_name", PAL_CHECK_FAIL },
	{ "secret_value", "q8Zr02LmXv91", PAL_CHECK_PASS },
	{ "secret_value", "QrZLmXvTbWkdNsyHcfGj", PAL_CHECK_PASS },
	{ "secret_value", "getSecretValueFromStore", PAL_CHECK_FAIL },
	{ "card", "6763691329830218206", PAL_CHECK_PASS },
	{ "card", "628174795866951638", PAL_CHECK_FAIL },
};

/* Formats of the shared vectors, and the validator that decides them. */
static const struct {
	const char *format, *validator;
} formats[] = {
	{ "luhn", "luhn" },
	{ "iban", "iban" },
	{ "bic", "bic" },
	{ "us.rtn", "us_aba" },
	{ "us.ssn", "us_ssn" },
	{ "us.itin", "us_itin" },
	{ "us.ein", "us_ein" },
	{ "gb.nhs", "uk_nhs" },
	{ "gb.utr", "uk_utr" },
	{ "ca.sin", "ca_sin" },
	{ "in_.aadhaar", "in_aadhaar" },
	{ "in_.pan", "in_pan" },
	{ "de.idnr", "de_idnr" },
	{ "fr.nir", "fr_nir" },
	{ "fr.siren", "fr_siret" },
	{ "fr.siret", "fr_siret" },
	{ "es.dni", "es_nif" },
	{ "es.nie", "es_nif" },
	{ "it.codicefiscale", "it_cf" },
	{ "nl.bsn", "nl_bsn" },
	{ "be.nn", "be_nrn" },
	{ "pl.pesel", "pl_pesel" },
	{ "pl.nip", "pl_nip" },
	{ "pt.nif", "pt_nif" },
	{ "ie.pps", "ie_pps" },
	{ "ch.ssn", "ch_ahv" },
	{ "se.personnummer", "se_pnr" },
	{ "no.fodselsnummer", "no_fnr" },
	{ "dk.cpr", "dk_cpr" },
	{ "fi.hetu", "fi_hetu" },
	{ "ro.cnp", "ro_cnp" },
	{ "bg.egn", "bg_egn" },
	{ "cz.rc", "cz_rc" },
	{ "sk.rc", "cz_rc" },
	{ "hr.oib", "hr_oib" },
	{ "ee.ik", "ee_ik" },
	{ "gr.amka", "gr_amka" },
	{ "tr.tckimlik", "tr_tckn" },
	{ "il.idnr", "il_id" },
	{ "za.idnr", "za_id" },
	{ "br.cpf", "br_cpf" },
	{ "br.cnpj", "br_cnpj" },
	{ "au.tfn", "au_tfn" },
	{ "au.abn", "au_abn" },
	{ "nz.ird", "nz_ird" },
	{ "cn.ric", "cn_ric" },
	{ "kr.rrn", "kr_rrn" },
	{ "jp.in_", "jp_mynumber" },
	{ "th.pin", "th_pin" },
	{ "mx.curp", "mx_curp" },
	{ "ar.cuit", "ar_cuit" },
	{ "cl.rut", "cl_rut" },
	{ "imei", "imei" },
	{ "isin", "isin" },
	{ "cusip", "cusip" },
	{ "lei", "lei" },
	{ "bitcoin", "bitcoin" },
	{ "mac", "mac" },
};

static enum pal_check
run(const char *name, struct pal_view value)
{
	const struct pal_validator *v = pal_validator_named(pal_view_of(name));

	return CHECK_SAY(v != NULL, name) ? v->check(&value) : PAL_CHECK_FAIL;
}

/* As the run scanner hands it over: without separators, in capitals. */
static struct pal_view
compact(const char *text, bool keep, bool hetu, uint8_t *room)
{
	size_t n = 0;

	if (strncmp(text, "HR ", 3) == 0 || strncmp(text, "NZ ", 3) == 0 || strncmp(text, "PT ", 3) == 0 ||
	    strncmp(text, "PL ", 3) == 0)
		text += 3;
	for (; *text != '\0' && n < 120; text++)
		if (keep)
			room[n++] = (uint8_t)*text;
		else if (strchr(" -./", *text) == NULL || (hetu && *text == '-'))
			room[n++] = *text >= 'a' && *text <= 'z' ? (uint8_t)(*text - 32) : (uint8_t)*text;
	return (struct pal_view){ room, n };
}

static void
vector(const json_t *doc, size_t *ret_run, size_t *ret_differ)
{
	const char *format = pal_json_text(doc, "format"), *value = pal_json_text(doc, "value");
	bool        want = json_is_true(json_object_get(doc, "valid"));
	uint8_t     room[120];

	for (size_t i = 0; format != NULL && value != NULL && i < sizeof(formats) / sizeof(formats[0]); i++) {
		bool            keep = strcmp(format, "bitcoin") == 0 || strcmp(format, "mac") == 0;
		struct pal_view v = compact(value, keep, strcmp(format, "fi.hetu") == 0, room);

		if (strcmp(format, formats[i].format) != 0)
			continue;
		++*ret_run;
		if ((run(formats[i].validator, v) != PAL_CHECK_FAIL) != want) {
			++*ret_differ;
			printf("differs: %s %s %s (%s)\n", format, value, want ? "valid" : "not valid",
			       pal_json_text(doc, "reason"));
		}
	}
}

static void
vectors(void)
{
	PAL_AUTO_BUF    file = pal_buf_of((size_t)8 << 20);
	struct pal_view rest, line;
	size_t          ran = 0, differ = 0;

	if (pal_file_read("../shared/data/checksum_vectors.jsonl", (size_t)8 << 20, &file, NULL) != PAL_OK) {
		printf("skipped: ../shared/data is not here\n");
		return;
	}
	rest = pal_buf_view(&file);
	while (pal_view_line(&rest, &line)) {
		PAL_AUTO_JSON doc = NULL;

		if (pal_json_parse(line, 4096, &doc, NULL) == PAL_OK)
			vector(doc, &ran, &differ);
	}
	printf("%zu vectors, %zu differ\n", ran, differ);
	CHECK(ran > 1000);
	CHECK(differ <= 38); /* longer or older forms, and registers that we do not carry: printed above */
}

static void
entropy(void)
{
	CHECK(pal_entropy_milli(pal_view_of("aaaaaaaa")) == 0);
	CHECK(pal_entropy_milli(pal_view_of("abababab")) == 1000);
	CHECK(pal_entropy_milli(pal_view_of("0123456789abcdef")) == 4000);
	CHECK(pal_entropy_milli(pal_view_of("")) == 0);
	CHECK(pal_is_placeholder(pal_view_of("AKIAIOSFODNN7EXAMPLE")));
	CHECK(pal_is_placeholder(pal_view_of("xxxxxxxxxxxxxxxx")));
	CHECK(pal_is_placeholder(pal_view_of("<your-key-here>")));
	CHECK(pal_is_placeholder(pal_view_of("ghp_1234567890abcdefghijklmnop")));
	CHECK(!pal_is_placeholder(pal_view_of("q8Zr02LmXv91pTbW44kd")));
}

/* No validator reads past what it is given, whatever it is given. */
static void
any_input(void)
{
	uint8_t  text[48];
	uint64_t seed = 1;

	for (size_t n = 0; n < 48 * 400; n++) {
		struct pal_view v = { text, n % 48 };

		for (size_t i = 0; i < v.len; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[i] =
			    (uint8_t)(n % 3 == 0 ? seed >> 56 : (uint64_t) "0123456789ABCXYZ-. "[(seed >> 40) % 19]);
		}
		for (size_t k = 0; pal_validator_at(k) != NULL; k++) {
			struct pal_view one = v;

			(void)pal_validator_at(k)->check(&one);
			CHECK_SAY(one.len == 0 || (one.data >= v.data && one.data + one.len <= v.data + v.len),
				  pal_validator_at(k)->name);
		}
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!CHECK(run(cases[i].validator, pal_view_of(cases[i].value)) == cases[i].verdict))
			printf("  %s %s\n", cases[i].validator, cases[i].value);
	CHECK(pal_validator_named(pal_view_of("no_such")) == NULL);
	entropy();
	any_input();
	vectors();
	return check_done();
}
