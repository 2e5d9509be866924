// JavaMail.java send plain|auth|stls|tls FILE RCPT, or fetch plain|stls|tls keep|delete OUT
//
// The library of most Java programs that send or fetch mail. Over TLS it writes in two pieces. A large
// message is sent in chunks of 8 KiB (BDAT); it doubles leading dots in them, so the others are not.
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.util.Properties;
import javax.mail.Flags;
import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

class JavaMail {
	static final String user = System.getenv("ACCOUNT"), password = System.getenv("PASSWORD"), host = System.getenv("HOST");

	static Properties properties(String protocol, String tls) {
		Properties p = new Properties();
		String prefix = "mail." + protocol + ".";
		p.setProperty(prefix + "starttls.enable", String.valueOf(tls.equals("stls")));
		p.setProperty(prefix + "starttls.required", String.valueOf(tls.equals("stls")));
		p.setProperty(prefix + "timeout", "60000");
		p.setProperty("mail.smtp.from", "anna@home.arpa");
		p.setProperty("mail.smtps.from", "anna@home.arpa");
		p.setProperty(prefix + "auth", String.valueOf(!tls.equals("plain")));
		return p;
	}

	static void send(String tls, String file, String recipient) throws Exception {
		String protocol = tls.equals("tls") ? "smtps" : "smtp";
		Properties properties = properties(protocol, tls);
		if (new File(file).length() > 2 << 20) {
			properties.setProperty("mail." + protocol + ".chunksize", "8192");
		}
		Session session = Session.getInstance(properties);
		int port = Integer.parseInt(System.getenv(tls.equals("tls") ? "SMTPS_PORT" : "SMTP_PORT"));
		try (Transport transport = session.getTransport(protocol); FileInputStream in = new FileInputStream(file)) {
			transport.connect(host, port, tls.equals("plain") ? null : user, tls.equals("plain") ? null : password);
			transport.sendMessage(new MimeMessage(session, in), new InternetAddress[] {new InternetAddress(recipient)});
		}
	}

	static void fetch(String tls, boolean delete, String out) throws Exception {
		String protocol = tls.equals("tls") ? "pop3s" : "pop3";
		Session session = Session.getInstance(properties(protocol, tls));
		int port = Integer.parseInt(System.getenv(tls.equals("tls") ? "POP3S_PORT" : "POP3_PORT"));
		try (Store store = session.getStore(protocol)) {
			store.connect(host, port, user, password);
			Folder inbox = store.getFolder("INBOX");
			inbox.open(Folder.READ_WRITE);
			for (Message message : inbox.getMessages()) {
				try (FileOutputStream file = new FileOutputStream(out + "/" + message.getMessageNumber())) {
					message.writeTo(file);
				}
				message.setFlag(Flags.Flag.DELETED, delete);
			}
			inbox.close(true);
		}
	}

	public static void main(String[] args) throws Exception {
		if (args[0].equals("send")) {
			send(args[1], args[2], args[3]);
		} else {
			fetch(args[1], args[2].equals("delete"), args[3]);
		}
	}
}
